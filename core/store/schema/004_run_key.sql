-- The run that a request started, by the key of the request: a request that comes again starts none.
CREATE TABLE run_key (
  key text PRIMARY KEY,
  run bigint NOT NULL
);
CREATE INDEX run_key_run ON run_key (run);

-- Requests with a key, and what was answered. `run`: of one that a run answers.
CREATE TABLE api_request (
  caller text,
  key text,
  request text NOT NULL, -- a hash of method, target and body
  node bigint NOT NULL,
  started bigint NOT NULL,
  status smallint,
  content_type text,
  location text,
  body text,
  PRIMARY KEY (caller, key)
);
CREATE INDEX api_request_started ON api_request (started);
