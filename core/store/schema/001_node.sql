-- Numbers that are never given twice come from here, in blocks: `next` is the first that is free.
CREATE TABLE counter (
  name text PRIMARY KEY,
  next bigint NOT NULL
);

INSERT INTO counter (name, next) VALUES ('node', 1);

-- The nodes that are alive, each start under a new id. Times are microseconds since 1970 UTC.
CREATE TABLE node (
  id bigint PRIMARY KEY,
  host text NOT NULL,
  process bigint NOT NULL,
  version text NOT NULL,
  started bigint NOT NULL
);
