-- Zones, clusters in them, and hosts in these.
--
-- added_by: empty, as no run adds them.

CREATE TABLE compute_zone (
  name text PRIMARY KEY,
  added_by text NOT NULL
);

CREATE TABLE compute_cluster (
  name text PRIMARY KEY,
  zone text NOT NULL REFERENCES compute_zone (name),
  added_by text NOT NULL
);
CREATE INDEX compute_cluster_zone ON compute_cluster (zone);

ALTER TABLE compute_host ADD COLUMN cluster text REFERENCES compute_cluster (name);
CREATE INDEX compute_host_cluster ON compute_host (cluster);
