-- after: network

CREATE TABLE patchboard_l2_network (
  name text PRIMARY KEY,
  color text NOT NULL,
  added_by text NOT NULL
);
