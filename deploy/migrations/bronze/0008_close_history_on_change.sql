-- Writes the history of an instance as it changes. The body is dollar-quoted: its
-- semicolons, quotes and "--" belong to the function, not to this file.
CREATE FUNCTION bronze.record_instance_history() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  -- The state until now ends; $$ inside is no quote of ours.
  UPDATE bronzehistory.gcp_compute_instances
     SET valid_to = NEW.collected_at
   WHERE resource_id = NEW.resource_id AND valid_to IS NULL;

  INSERT INTO bronzehistory.gcp_compute_instances
    (resource_id, project_id, name, zone, machine_type, status, labels, valid_from)
  VALUES
    (NEW.resource_id, NEW.project_id, NEW.name, NEW.zone, NEW.machine_type, NEW.status,
     NEW.labels, NEW.collected_at);
  RETURN NEW;
END;
$body$;
COMMENT ON FUNCTION bronze.record_instance_history() IS 'Keeps bronzehistory; a row for each change';

CREATE TRIGGER gcp_compute_instances_history
  AFTER INSERT OR UPDATE ON bronze.gcp_compute_instances
  FOR EACH ROW EXECUTE FUNCTION bronze.record_instance_history();
