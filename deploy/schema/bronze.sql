CREATE SCHEMA bronze;
COMMENT ON SCHEMA bronze IS 'Resources as the providers report them; nothing is interpreted here';

CREATE TYPE bronze.instance_status AS ENUM (
  'PROVISIONING', 'STAGING', 'RUNNING', 'STOPPING', 'SUSPENDING', 'SUSPENDED', 'TERMINATED'
);

CREATE TABLE bronze.gcp_projects (
  project_id text PRIMARY KEY,
  number bigint NOT NULL UNIQUE,
  display_name text NOT NULL DEFAULT '',
  labels jsonb NOT NULL DEFAULT '{}',
  collected_at timestamptz NOT NULL
);

CREATE TABLE bronze.gcp_compute_instances (
  resource_id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES bronze.gcp_projects (project_id) ON DELETE CASCADE,
  name text NOT NULL,
  zone text NOT NULL,
  machine_type text NOT NULL,
  status bronze.instance_status NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  collected_at timestamptz NOT NULL,
  CONSTRAINT gcp_compute_instances_zone_check CHECK (zone ~ '^[a-z]+-[a-z]+[0-9]+-[a-z]$')
);
CREATE INDEX gcp_compute_instances_project_idx ON bronze.gcp_compute_instances (project_id, name);
CREATE INDEX gcp_compute_instances_labels_idx
  ON bronze.gcp_compute_instances USING gin (labels);

CREATE TABLE bronze.gcp_compute_disks (
  resource_id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES bronze.gcp_projects (project_id) ON DELETE CASCADE,
  name text NOT NULL,
  size_gb integer NOT NULL CHECK (size_gb > 0),
  disk_type text NOT NULL DEFAULT 'pd-balanced',
  encrypted_with text,
  collected_at timestamptz NOT NULL
);

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

CREATE TABLE bronze.gcp_iam_service_accounts (
  resource_id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES bronze.gcp_projects (project_id) ON DELETE CASCADE,
  email text NOT NULL UNIQUE,
  display_name text NOT NULL DEFAULT '',
  disabled boolean NOT NULL DEFAULT false,
  collected_at timestamptz NOT NULL
);

CREATE TABLE bronze.gcp_iam_service_account_keys (
  resource_id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES bronze.gcp_iam_service_accounts (resource_id) ON DELETE CASCADE,
  key_type text NOT NULL CHECK (key_type IN ('USER_MANAGED', 'SYSTEM_MANAGED')),
  valid_after timestamptz NOT NULL,
  valid_before timestamptz NOT NULL,
  collected_at timestamptz NOT NULL,
  CHECK (valid_before > valid_after)
);

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
