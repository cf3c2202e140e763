-- The durable record of runs. Times are microseconds since 1970 UTC. Run ids go up with the time.

-- A node's lease: until when it may be taken for alive. Not in the key, so that the heartbeat does not disturb the fence.
ALTER TABLE node ADD COLUMN expires bigint NOT NULL DEFAULT 0;
-- Machine and state folder, which one process at a time has.
ALTER TABLE node ADD COLUMN place text NOT NULL DEFAULT '';

-- A chain as runs began with it, expanded. Never changed, but for `used`: the last time, to the hour, that a run began.
CREATE TABLE chain_definition (
  id bigint PRIMARY KEY, -- the first 63 bits of the hash
  name text NOT NULL,
  sha256 text NOT NULL,
  body text NOT NULL,
  created bigint NOT NULL,
  used bigint NOT NULL
);
CREATE UNIQUE INDEX chain_definition_sha256 ON chain_definition (sha256);
CREATE INDEX chain_definition_name ON chain_definition (name);

-- One row a run, written when it begins and when it ends. State: 1 live, 2 parked, 8 succeeded, 9 failed. Whether a
-- live run is being undone, or is paused, its records and actions say. No foreign keys here and below: each would lock
-- and log a row for every record.
CREATE TABLE chain_run (
  id bigint PRIMARY KEY,
  definition bigint NOT NULL,
  owner bigint NOT NULL, -- a node; 0: released in good order
  state smallint NOT NULL,
  recoveries smallint NOT NULL,
  started bigint NOT NULL,
  ended bigint,
  input text,
  locks text, -- a JSON list of names, the same as in run_tag
  parked text, -- the reason
  error_code text,
  error text
);
CREATE INDEX chain_run_live ON chain_run (owner) WHERE state < 8;
CREATE INDEX chain_run_failed ON chain_run (error_code, id) WHERE state = 9;

-- Kinds as in flow::JournalRecord. `data`: of a step that is done, what it wrote; of the others, JSON with the error.
CREATE TABLE chain_journal (
  run bigint NOT NULL,
  seq integer NOT NULL,
  kind smallint NOT NULL,
  step integer NOT NULL,
  attempt integer NOT NULL,
  at bigint NOT NULL,
  data text,
  PRIMARY KEY (run, seq)
);

-- What a run touches: the names of its locks.
CREATE TABLE run_tag (
  resource text NOT NULL,
  run bigint NOT NULL,
  PRIMARY KEY (resource, run)
);

-- What operators did, and why. Verbs as in journal::Verb.
CREATE TABLE run_action (
  run bigint NOT NULL,
  at bigint NOT NULL,
  who text NOT NULL,
  verb smallint NOT NULL,
  why text NOT NULL,
  detail text,
  PRIMARY KEY (run, at)
);

-- Undos that failed; their runs are kept as long as they are. State: 1 open, 2 awaited, 3 taken, 8 paid, 9 settled by hand.
CREATE TABLE debt (
  key text PRIMARY KEY, -- RUN:STEP, as the flow names what it makes
  run bigint NOT NULL,
  step integer NOT NULL,
  flow text NOT NULL,
  plugin text NOT NULL,
  owner bigint NOT NULL,
  state smallint NOT NULL,
  attempts integer NOT NULL,
  created bigint NOT NULL,
  next_at bigint NOT NULL,
  on_event text,
  error text NOT NULL,
  data text
);
CREATE INDEX debt_due ON debt (next_at) WHERE state = 1;
CREATE INDEX debt_run ON debt (run);
