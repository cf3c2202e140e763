-- after: network
-- What only this type knows of an L2 network.
--
-- added_by: the idempotency key of the step that added the row, RUN:STEP.

CREATE TABLE ovs_l2_network (
  name text PRIMARY KEY,
  fail_mode text NOT NULL,
  added_by text NOT NULL
);
