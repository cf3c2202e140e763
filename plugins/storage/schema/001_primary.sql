-- added_by: the idempotency key of the step that added the record, RUN:STEP.

CREATE TABLE storage_primary (
  name text PRIMARY KEY,
  type text NOT NULL,
  url text NOT NULL,
  added_by text NOT NULL
);
CREATE UNIQUE INDEX storage_primary_address ON storage_primary (type, url);
