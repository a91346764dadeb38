CREATE SCHEMA gold;
COMMENT ON SCHEMA gold IS 'What people look at';

CREATE TABLE gold.daily_findings (
  day date NOT NULL,
  severity silver.severity NOT NULL,
  opened integer NOT NULL DEFAULT 0,
  resolved integer NOT NULL DEFAULT 0,
  PRIMARY KEY (day, severity)
);

CREATE VIEW gold.open_findings AS
SELECT f.finding_id,
       f.severity,
       f.rule,
       COALESCE(m.hostname, a.email) AS subject,
       f.found_at
  FROM silver.findings f
  LEFT JOIN silver.machines m USING (machine_id)
  LEFT JOIN silver.accounts a USING (account_id)
 WHERE f.resolved_at IS NULL;
COMMENT ON VIEW gold.open_findings IS 'Findings that nobody has resolved yet; -- the newest are not first';
