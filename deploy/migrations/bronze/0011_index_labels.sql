-- atlas:txmode none

-- The tables are written to all day, so the index is built beside them.
CREATE INDEX CONCURRENTLY gcp_compute_instances_labels_idx
  ON bronze.gcp_compute_instances USING gin (labels);
