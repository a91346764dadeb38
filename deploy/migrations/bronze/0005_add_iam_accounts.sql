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
