CREATE MATERIALIZED VIEW gold.findings_by_severity AS
SELECT severity, count(*) AS open_findings, min(found_at) AS oldest
  FROM silver.findings
 WHERE resolved_at IS NULL
 GROUP BY severity;
CREATE UNIQUE INDEX findings_by_severity_idx ON gold.findings_by_severity (severity);

CREATE FUNCTION gold.severity_weight(level silver.severity) RETURNS integer
LANGUAGE sql IMMUTABLE
AS 'SELECT CASE level WHEN ''low'' THEN 1 WHEN ''medium'' THEN 3 WHEN ''high'' THEN 10 ELSE 30 END;';
