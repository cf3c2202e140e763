#include "config/config_rows.h"

#include <initializer_list>
#include <utility>

namespace tenon::config {
namespace {

std::optional<ResourceRef> resource_of(const StoreRow& row) {
  auto kind = row.get<std::optional<std::string>>("resource_kind");
  if (!kind) return std::nullopt;
  return ResourceRef{*std::move(kind), row.get<std::string>("resource_id")};
}

Result<std::optional<std::string>> read_value(StoreTransaction& store, const ConfigChange& change) {
  const Result<StoreRows> found =
      change.resource
          ? store.query(
                "SELECT value FROM resource_config WHERE category = $1 AND name = $2 AND resource_kind = $3 AND "
                "resource_id = $4",
                {change.category, change.name, change.resource->kind, change.resource->id})
          : store.query("SELECT value FROM config_value WHERE category = $1 AND name = $2",
                        {change.category, change.name});
  if (!found) return found.error();
  if (found->empty()) return std::optional<std::string>();
  return std::optional((*found)[0].get<std::string>("value"));
}

Result<std::uint64_t> set_value(StoreTransaction& store, const ConfigChange& change) {
  if (!change.resource) {
    return store.execute(
        "INSERT INTO config_value (category, name, value, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (category, name) DO UPDATE SET value = excluded.value, changed_by = excluded.changed_by, "
        "changed_at = excluded.changed_at",
        {change.category, change.name, change.now, change.by, change.at});
  }
  return store.execute(
      "INSERT INTO resource_config (category, name, resource_kind, resource_id, value, changed_by, changed_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (category, name, resource_kind, resource_id) DO UPDATE "
      "SET value = excluded.value, changed_by = excluded.changed_by, changed_at = excluded.changed_at",
      {change.category, change.name, change.resource->kind, change.resource->id, change.now, change.by, change.at});
}

Result<std::uint64_t> remove_value(StoreTransaction& store, const ConfigChange& change) {
  if (!change.resource) {
    return store.execute("DELETE FROM config_value WHERE category = $1 AND name = $2", {change.category, change.name});
  }
  return store.execute(
      "DELETE FROM resource_config WHERE category = $1 AND name = $2 AND resource_kind = $3 AND resource_id = $4",
      {change.category, change.name, change.resource->kind, change.resource->id});
}

Result<void> audit(StoreTransaction& store, const ConfigChange& change) {
  std::optional<std::string> kind;
  std::optional<std::string> id;
  if (change.resource) {
    kind = change.resource->kind;
    id = change.resource->id;
  }
  const auto written = store.execute(
      "INSERT INTO config_audit (revision, at, who, kind, category, name, resource_kind, resource_id, old_value, "
      "new_value) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {change.revision, change.at, change.by, change.kind == ConfigChange::Kind::kSet ? "set" : "reset",
       change.category, change.name, kind, id, change.before, change.now});
  return written ? Result<void>() : written.error();
}

ConfigChange change_of(const StoreRow& row) {
  ConfigChange change;
  change.revision = row.get<std::int64_t>("revision");
  change.kind = row.get<std::string>("kind") == "set" ? ConfigChange::Kind::kSet : ConfigChange::Kind::kReset;
  change.category = row.get<std::string>("category");
  change.name = row.get<std::string>("name");
  change.resource = resource_of(row);
  change.before = row.get<std::optional<std::string>>("old_value");
  change.now = row.get<std::optional<std::string>>("new_value");
  change.by = row.get<std::string>("who");
  change.at = row.get<std::int64_t>("at");
  return change;
}

}  // namespace

Result<std::int64_t> read_revision(StoreTransaction& store) {
  const Result<StoreRows> rows = store.query("SELECT next FROM counter WHERE name = 'config'");
  if (!rows) return rows.error();
  return rows->only().get<std::int64_t>("next");
}

Result<ConfigRows> read_rows(StoreTransaction& store, std::optional<std::int64_t> since) {
  ConfigRows all;
  const Result<std::int64_t> revision = read_revision(store);
  if (!revision) return revision.error();
  all.revision = *revision;
  const Result<StoreRows> values = store.query(
      "SELECT category, name, CAST(NULL AS text) AS resource_kind, CAST(NULL AS text) AS resource_id, value, "
      "changed_by, changed_at FROM config_value UNION ALL SELECT category, name, resource_kind, resource_id, value, "
      "changed_by, changed_at FROM resource_config");
  if (!values) return values.error();
  for (const StoreRow row : *values) {
    all.rows.push_back({row.get<std::string>("category"), row.get<std::string>("name"), resource_of(row),
                        row.get<std::string>("value"), row.get<std::string>("changed_by"),
                        row.get<std::int64_t>("changed_at")});
  }
  if (!since) return all;
  const Result<StoreRows> changes = store.query(
      "SELECT revision, at, who, kind, category, name, resource_kind, resource_id, old_value, new_value FROM "
      "config_audit WHERE revision > $1 ORDER BY revision",
      {*since});
  if (!changes) return changes.error();
  for (const StoreRow row : *changes) all.changes.push_back(change_of(row));
  return all;
}

Result<bool> write_change(StoreTransaction& store, ConfigChange& change) {
  // First, so that changes follow one another: what was set before is what is read here.
  const Result<StoreRows> raised =
      store.query("UPDATE counter SET next = next + 1 WHERE name = 'config' RETURNING next");
  if (!raised) return raised.error();
  Result<std::optional<std::string>> before = read_value(store, change);
  if (!before) return before.error();
  change.before = *std::move(before);
  change.revision = raised->only().get<std::int64_t>("next");
  if (change.before == change.now) return false;
  const Result<std::uint64_t> written = change.now ? set_value(store, change) : remove_value(store, change);
  if (!written) return written.error();
  if (Result<void> audited = audit(store, change); !audited) return audited.error();
  return true;
}

}  // namespace tenon::config
