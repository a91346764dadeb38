-- A view over two layers: machines that a firewall of their project opens to everybody.
CREATE VIEW silver.exposed_machines AS
SELECT DISTINCT m.machine_id, m.hostname, f.name AS firewall
  FROM silver.machines m
  JOIN bronze.gcp_compute_instances i ON i.resource_id = m.gcp_instance_id
  JOIN bronze.gcp_compute_networks n ON n.project_id = i.project_id
  JOIN bronze.gcp_compute_firewalls f ON f.network_id = n.resource_id
 WHERE f.direction = 'INGRESS'
   AND NOT f.disabled
   AND '0.0.0.0/0'::cidr = ANY (f.source_ranges);
