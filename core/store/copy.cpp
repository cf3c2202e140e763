#include "store/copy.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "store/errors.h"
#include "store/sql_text.h"

namespace tenon::store {
namespace {

/// So much is sent at once.
constexpr std::size_t kMostRows = 1000;
constexpr std::size_t kMostBytes = std::size_t{8} << 20;

ErrorCode refused(std::string details) { return store_error(kCopyRefused, std::move(details)); }

std::string names_of(const std::vector<TableInfo>& tables) {
  std::string names;
  for (const TableInfo& table : tables) names.append(names.empty() ? "" : ", ").append(table.name);
  return names;
}

/// Each table after those it refers to.
Result<std::vector<TableInfo>> in_order(std::vector<TableInfo> tables) {
  std::vector<TableInfo> sorted;
  std::set<std::string> done;
  while (!tables.empty()) {
    const auto ready = std::find_if(tables.begin(), tables.end(), [&](const TableInfo& table) {
      return std::all_of(table.refers_to.begin(), table.refers_to.end(),
                         [&](const std::string& other) { return done.contains(other); });
    });
    if (ready == tables.end()) return refused("foreign keys go in a circle: " + names_of(tables));
    done.insert(ready->name);
    sorted.push_back(std::move(*ready));
    tables.erase(ready);
  }
  return sorted;
}

/// All that the target's migrations make, the source must have made.
Result<void> check_source(Connection& source, const std::vector<MigrationSet>& sets) {
  const Result<std::vector<MigrationState>> states = compare_migrations(source, sets);
  if (!states) return states.error();
  for (const MigrationState& state : *states) {
    if (!state.applied) return refused("the source lacks migration " + state.owner + "/" + state.title);
  }
  const Result<Rows> owners = source.query("SELECT DISTINCT owner FROM schema_migration ORDER BY owner");
  if (!owners) return owners.error();
  for (const Row owner : *owners) {
    if (std::none_of(sets.begin(), sets.end(), [&](const MigrationSet& set) { return set.owner == owner.text(0); })) {
      return refused("the source has tables of '" + std::string(owner.text(0)) +
                     "', whose migrations are not installed here");
    }
  }
  return {};
}

/// Collects rows and sends them.
class Sender {
 public:
  Sender(Connection& target, const TableInfo& table) : target_(target), table_(table), rows_(table.columns) {}

  Result<void> add(const Row& row) {
    for (std::size_t i = 0; i < table_.columns.size(); ++i) add_value(row, i);
    const bool full = rows_.size() >= kMostRows || bytes_ >= kMostBytes;
    return full ? send() : Result<void>();
  }

  Result<void> send() {
    if (rows_.empty()) return {};
    std::vector<Parameter> values;
    for (const Row row : rows_) {
      for (std::size_t i = 0; i < table_.columns.size(); ++i) values.push_back(row.parameter(i));
    }
    const Result<std::uint64_t> inserted =
        target_.insert_rows(table_.name, {table_.columns.begin(), table_.columns.end()}, std::move(values));
    rows_.clear();
    bytes_ = 0;
    if (!inserted) return inserted.error();
    count_ += *inserted;
    return {};
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  void add_value(const Row& row, std::size_t column) {
    switch (row.type(column)) {
      case Rows::Type::kNull: return rows_.add_null();
      case Rows::Type::kBoolean: return rows_.add_boolean(row.boolean(column));
      case Rows::Type::kInteger: return rows_.add_integer(row.integer(column));
      case Rows::Type::kReal: return rows_.add_real(row.real(column));
      case Rows::Type::kText: bytes_ += row.text(column).size(); return rows_.add_text(row.text(column));
      case Rows::Type::kBlob: bytes_ += row.blob(column).size(); return rows_.add_blob(row.blob(column));
    }
  }

  Connection& target_;
  const TableInfo& table_;
  Rows rows_;
  std::size_t bytes_ = 0;
  std::uint64_t count_ = 0;
};

Result<std::uint64_t> count_rows(Connection& connection, const std::string& table) {
  const Result<Rows> rows = connection.query("SELECT count(*) FROM " + identifier(table));
  if (!rows) return rows.error();
  return static_cast<std::uint64_t>((*rows)[0].integer(0));
}

Result<std::uint64_t> copy_table(Connection& source, Connection& target, const TableInfo& table) {
  Sender sender(target, table);
  const std::vector<std::string_view> columns(table.columns.begin(), table.columns.end());
  const std::string sql = "SELECT " + identifier_list(columns) + " FROM " + identifier(table.name);
  Result<void> done = source.for_each(sql, {}, [&](const Row& row) { return sender.add(row); });
  if (done.ok()) done = sender.send();
  if (!done) {
    ErrorCode error = std::move(done).error();
    error.details = "table " + table.name + ": " + error.details;
    return error;
  }
  for (Connection* side : {&source, &target}) {
    const Result<std::uint64_t> count = count_rows(*side, table.name);
    if (!count) return count.error();
    if (*count == sender.count()) continue;
    return refused("table " + table.name + ": " + std::to_string(sender.count()) + " rows were copied, " +
                   std::to_string(*count) + " are in the " + (side == &source ? "source" : "target"));
  }
  return sender.count();
}

Result<CopiedTables> copy_tables(Connection& source, Connection& target, const std::vector<TableInfo>& tables) {
  // Rows that the migrations have put in come from the source, too.
  for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
    const auto emptied = target.execute("DELETE FROM " + identifier(table->name));
    if (!emptied) return emptied.error();
  }
  CopiedTables copied;
  for (const TableInfo& table : tables) {
    const Result<std::uint64_t> count = copy_table(source, target, table);
    if (!count) return count.error();
    copied.emplace_back(table.name, *count);
  }
  return copied;
}

}  // namespace

Result<CopiedTables> copy_store(Connection& source, Connection& target, const std::vector<MigrationSet>& sets) {
  const Result<Transaction> reading = source.begin(Access::kRead);
  if (!reading) return reading.error();
  if (Result<void> fits = check_source(source, sets); !fits) return fits.error();
  Result<Transaction> writing = target.begin();
  if (!writing) return writing.error();
  const Result<std::vector<TableInfo>> there = target.tables();
  if (!there) return there.error();
  if (!there->empty()) return refused("the target is not empty: it has the tables " + names_of(*there));
  if (Result<void> made = apply_all(target, sets); !made) return made.error();
  Result<std::vector<TableInfo>> tables = source.tables();
  if (!tables) return tables.error();
  const Result<std::vector<TableInfo>> sorted = in_order(std::move(tables).value());
  if (!sorted) return sorted.error();
  Result<CopiedTables> copied = copy_tables(source, target, *sorted);
  if (!copied) return copied;
  if (Result<void> committed = writing->commit(); !committed) return committed.error();
  return copied;
}

}  // namespace tenon::store
