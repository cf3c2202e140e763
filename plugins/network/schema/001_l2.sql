-- added_by: the idempotency key of the step that added the record, RUN:STEP.

CREATE TABLE network_l2 (
  name text PRIMARY KEY,
  type text NOT NULL,
  physical_interface text,
  bridge text,
  vlan integer,
  added_by text NOT NULL
);
