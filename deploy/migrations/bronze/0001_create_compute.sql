-- What the collectors read from Google Cloud, one row for each resource, as it is now.
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
  -- A label may hold any text: "it's; a 'trap'" is one of ours.
  labels jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  collected_at timestamptz NOT NULL,
  CONSTRAINT gcp_compute_instances_zone_check CHECK (zone ~ '^[a-z]+-[a-z]+[0-9]+-[a-z]$')
);
CREATE INDEX gcp_compute_instances_project_idx ON bronze.gcp_compute_instances (project_id, name);

CREATE TABLE bronze.gcp_compute_disks (
  resource_id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES bronze.gcp_projects (project_id) ON DELETE CASCADE,
  name text NOT NULL,
  size_gb integer NOT NULL CHECK (size_gb > 0),
  disk_type text NOT NULL DEFAULT 'pd-balanced',
  encrypted_with text,
  collected_at timestamptz NOT NULL
);
