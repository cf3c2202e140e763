-- after: network, storage
-- What the registry knows of hosts, images and VMs. Foreign keys bind them to the primary storages and L2 networks.
--
-- added_by: the idempotency key of the step that added the record, RUN:STEP.

-- One row. Whoever changes a record changes it first, and so waits for others who do, on whichever node.
CREATE TABLE compute_revision (
  id smallint PRIMARY KEY,
  revision bigint NOT NULL,
  CHECK (id = 1)
);
INSERT INTO compute_revision (id, revision) VALUES (1, 0);

CREATE TABLE compute_host (
  name text PRIMARY KEY,
  type text NOT NULL,
  uri text NOT NULL,
  added_by text NOT NULL
);
CREATE UNIQUE INDEX compute_host_address ON compute_host (type, uri);

CREATE TABLE compute_image (
  name text PRIMARY KEY,
  url text NOT NULL,
  format text NOT NULL,
  added_by text NOT NULL
);

CREATE TABLE compute_vm (
  uuid text PRIMARY KEY,
  name text NOT NULL,
  cpus bigint NOT NULL,
  memory bigint NOT NULL,
  console text,
  host text NOT NULL REFERENCES compute_host (name),
  primary_storage text NOT NULL REFERENCES storage_primary (name),
  image text REFERENCES compute_image (name),
  added_by text NOT NULL
);
CREATE INDEX compute_vm_host ON compute_vm (host);
CREATE INDEX compute_vm_primary_storage ON compute_vm (primary_storage);
CREATE INDEX compute_vm_image ON compute_vm (image);

-- In the guest's order, as number says, from 0; the NICs, too.
CREATE TABLE compute_volume (
  vm text REFERENCES compute_vm (uuid) ON DELETE CASCADE,
  number integer,
  name text NOT NULL,
  format text NOT NULL,
  protocol text NOT NULL,
  path text NOT NULL,
  server text,
  port integer,
  PRIMARY KEY (vm, number)
);

-- A network stays as it is for as long as a NIC is on it, so that a NIC needs no more than its name.
CREATE TABLE compute_nic (
  vm text REFERENCES compute_vm (uuid) ON DELETE CASCADE,
  number integer,
  uuid text NOT NULL,
  mac text NOT NULL,
  network text NOT NULL REFERENCES network_l2 (name),
  device text NOT NULL,
  model text NOT NULL,
  PRIMARY KEY (vm, number)
);
CREATE UNIQUE INDEX compute_nic_mac ON compute_nic (mac);
CREATE INDEX compute_nic_network ON compute_nic (network);
