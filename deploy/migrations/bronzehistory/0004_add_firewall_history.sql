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
