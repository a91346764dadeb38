ALTER TABLE silver.machines
  ADD COLUMN cost_center text NOT NULL DEFAULT 'unknown',
  ADD CONSTRAINT machines_owner_check CHECK (owner IS NULL OR owner LIKE '%@%');
COMMENT ON COLUMN silver.machines.owner IS 'An e-mail address; empty until somebody says "it''s mine"';
