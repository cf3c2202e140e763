-- Events that were published, until they are old. Whoever publishes takes a number first, and so waits for others who
-- do: numbers are in the order of the commits.

CREATE TABLE event_sequence (
  id smallint PRIMARY KEY,
  last bigint NOT NULL,
  CHECK (id = 1)
);
INSERT INTO event_sequence (id, last) VALUES (1, 0);

CREATE TABLE event (
  id bigint PRIMARY KEY,
  at bigint NOT NULL,
  kind text NOT NULL,
  path text NOT NULL,
  body text NOT NULL
);
CREATE INDEX event_at ON event (at);

-- How far each listener of a node is, by the id of its bean.
CREATE TABLE event_cursor (
  listener text PRIMARY KEY,
  last bigint NOT NULL
);
