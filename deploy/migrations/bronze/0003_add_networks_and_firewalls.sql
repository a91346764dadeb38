CREATE TABLE bronze.gcp_compute_networks (
  resource_id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES bronze.gcp_projects (project_id) ON DELETE CASCADE,
  name text NOT NULL,
  auto_create_subnetworks boolean NOT NULL DEFAULT false,
  collected_at timestamptz NOT NULL,
  UNIQUE (project_id, name)
);

CREATE TABLE bronze.gcp_compute_firewalls (
  resource_id text PRIMARY KEY,
  network_id text NOT NULL REFERENCES bronze.gcp_compute_networks (resource_id) ON DELETE CASCADE,
  name text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('INGRESS', 'EGRESS')),
  priority integer NOT NULL DEFAULT 1000 CHECK (priority BETWEEN 0 AND 65535),
  source_ranges cidr[] NOT NULL DEFAULT '{}',
  allowed jsonb NOT NULL DEFAULT '[]',
  disabled boolean NOT NULL DEFAULT false,
  collected_at timestamptz NOT NULL
);
COMMENT ON COLUMN bronze.gcp_compute_firewalls.allowed IS
  'As the API gives it: [{"IPProtocol": "tcp", "ports": ["22"]}]; an empty list allows nothing';
