CREATE SCHEMA bronzehistory;
COMMENT ON SCHEMA bronzehistory IS 'What bronze held, and from when to when';

CREATE TABLE bronzehistory.gcp_compute_instances (
  history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  resource_id text NOT NULL,
  project_id text NOT NULL,
  name text NOT NULL,
  zone text NOT NULL,
  machine_type text NOT NULL,
  status bronze.instance_status NOT NULL,
  labels jsonb NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz,
  CONSTRAINT gcp_compute_instances_period_check CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX gcp_compute_instances_current_idx
  ON bronzehistory.gcp_compute_instances (resource_id) WHERE valid_to IS NULL;
CREATE INDEX gcp_compute_instances_period_idx
  ON bronzehistory.gcp_compute_instances (resource_id, valid_from, valid_to);

CREATE TABLE bronzehistory.gcp_compute_disks (
  history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  resource_id text NOT NULL,
  project_id text NOT NULL,
  name text NOT NULL,
  size_gb integer NOT NULL,
  disk_type text NOT NULL,
  encrypted_with text,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz,
  CONSTRAINT gcp_compute_disks_period_check CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX gcp_compute_disks_current_idx
  ON bronzehistory.gcp_compute_disks (resource_id) WHERE valid_to IS NULL;

CREATE TABLE bronzehistory.gcp_compute_firewalls (
  history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  resource_id text NOT NULL,
  network_id text NOT NULL,
  name text NOT NULL,
  direction text NOT NULL,
  priority integer NOT NULL,
  source_ranges cidr[] NOT NULL,
  allowed jsonb NOT NULL,
  disabled boolean NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz,
  CONSTRAINT gcp_compute_firewalls_period_check CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX gcp_compute_firewalls_current_idx
  ON bronzehistory.gcp_compute_firewalls (resource_id) WHERE valid_to IS NULL;
