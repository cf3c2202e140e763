-- What operators set, over what descriptors say. Times are microseconds since 1970 UTC.

-- Raised by each change of a config, in its transaction: so changes follow one another, and nodes notice that there is one.
INSERT INTO counter (name, next) VALUES ('config', 1);

-- A config that nobody set has no row, and goes by its default.
CREATE TABLE config_value (
  category text NOT NULL,
  name text NOT NULL,
  value text NOT NULL,
  changed_by text NOT NULL,
  changed_at bigint NOT NULL,
  PRIMARY KEY (category, name)
);

-- The value of a config for one resource and what belongs to it.
CREATE TABLE resource_config (
  category text NOT NULL,
  name text NOT NULL,
  resource_kind text NOT NULL,
  resource_id text NOT NULL,
  value text NOT NULL,
  changed_by text NOT NULL,
  changed_at bigint NOT NULL,
  PRIMARY KEY (category, name, resource_kind, resource_id)
);
CREATE INDEX resource_config_resource ON resource_config (resource_kind, resource_id);

-- Who changed what. Kind: set or reset. Without a resource for the global value; a value that is NULL is the default, or
-- what the parents say.
CREATE TABLE config_audit (
  revision bigint PRIMARY KEY,
  at bigint NOT NULL,
  who text NOT NULL,
  kind text NOT NULL,
  category text NOT NULL,
  name text NOT NULL,
  resource_kind text,
  resource_id text,
  old_value text,
  new_value text
);
CREATE INDEX config_audit_config ON config_audit (category, name, revision);

-- Tags of resources. `pattern`: as a descriptor declared it when the tag was set. `only_one`: the pattern of one that is
-- unique, else the tag itself, so that a resource has one.
CREATE TABLE system_tag (
  resource_kind text NOT NULL,
  resource_id text NOT NULL,
  tag text NOT NULL,
  pattern text NOT NULL,
  only_one text NOT NULL,
  created_by text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (resource_kind, resource_id, tag)
);
CREATE UNIQUE INDEX system_tag_only_one ON system_tag (resource_kind, resource_id, only_one);
CREATE INDEX system_tag_pattern ON system_tag (pattern, resource_kind);
