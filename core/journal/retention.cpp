#include "journal/retention.h"

#include <string>
#include <string_view>
#include <vector>

#include "journal/records.h"
#include "store/rows.h"

namespace tenon::journal {
namespace {

using store::Parameter;
using store::Row;
using store::Rows;

/// Definitions that were used within this time are kept: a node that knows one confirms it every hour.
constexpr std::int64_t kDefinitionUse = std::int64_t{24} * 3600 * 1'000'000;

/// Deletes the runs of one chunk, which are in `ids`, and all that is theirs.
Result<std::uint64_t> delete_debts_and_rest(store::Connection& connection, std::string_view ids,
                                            const std::vector<Parameter>& parameters) {
  std::uint64_t debts = 0;
  for (const std::string_view table : {"debt", "chain_journal", "run_action", "run_key"}) {
    const auto deleted = connection.execute(
        std::string("DELETE FROM ").append(table).append(" WHERE run IN (").append(ids).append(")"), parameters);
    if (!deleted) return deleted.error();
    if (table == "debt") debts = *deleted;
  }
  return debts;
}

/// The tags of a run are named by its locks.
Result<void> delete_tags(store::Connection& connection, const Rows& runs) {
  for (const Row run : runs) {
    if (run.is_null(1)) continue;
    const Result<std::vector<std::string>> locks = read_names(run.text(1));
    if (!locks) return locks.error();
    for (const std::string& lock : *locks) {
      const auto deleted =
          connection.execute("DELETE FROM run_tag WHERE resource = $1 AND run = $2", {lock, run.integer(0)});
      if (!deleted) return deleted.error();
    }
  }
  return {};
}

/// One transaction. How many runs it has deleted.
Result<std::uint64_t> delete_runs(store::Connection& connection, const Rows& runs, Swept& swept) {
  std::string ids;
  std::vector<Parameter> parameters;
  for (const Row run : runs) {
    parameters.emplace_back(run.integer(0));
    ids.append(ids.empty() ? "$" : ", $").append(std::to_string(parameters.size()));
  }
  Result<store::Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  const Result<std::uint64_t> debts = delete_debts_and_rest(connection, ids, parameters);
  if (!debts) return debts.error();
  if (Result<void> deleted = delete_tags(connection, runs); !deleted) return deleted.error();
  const auto deleted = connection.execute("DELETE FROM chain_run WHERE id IN (" + ids + ")", parameters);
  if (!deleted) return deleted.error();
  if (Result<void> committed = transaction->commit(); !committed) return committed.error();
  swept.runs += *deleted;
  swept.debts += *debts;
  return *deleted;
}

/// Deletes ended runs for which the condition holds; `$1` is its value.
Result<void> delete_where(store::Connection& connection, std::string_view condition, std::int64_t value,
                          std::size_t chunk, Swept& swept) {
  const std::string sql = "SELECT r.id, r.locks FROM chain_run r WHERE r.state >= 8 AND r.id > $2 AND " +
                          std::string(condition) +
                          " AND NOT EXISTS (SELECT 1 FROM debt d WHERE d.run = r.id AND d.state < 8) ORDER BY r.id "
                          "LIMIT " +
                          std::to_string(chunk);
  std::int64_t last = 0;
  while (true) {
    const Result<Rows> runs = connection.query(sql, {value, last});
    if (!runs) return runs.error();
    if (runs->empty()) return {};
    last = (*runs)[runs->size() - 1].integer(0);
    if (const auto deleted = delete_runs(connection, *runs, swept); !deleted) return deleted.error();
    if (runs->size() < chunk) return {};
  }
}

/// Looked for outside the transaction that deletes, which is short so: a run that begins meanwhile renews `used` first.
Result<void> delete_definitions(store::Connection& connection, std::int64_t now, Swept& swept) {
  const std::int64_t oldest = now - kDefinitionUse;
  const Result<Rows> unused = connection.query(
      "SELECT d.id FROM chain_definition d WHERE d.used < $1 AND NOT EXISTS (SELECT 1 FROM chain_run r WHERE "
      "r.definition = d.id)",
      {oldest});
  if (!unused) return unused.error();
  for (const Row definition : *unused) {
    const auto deleted =
        connection.execute("DELETE FROM chain_definition WHERE id = $1 AND used < $2", {definition.integer(0), oldest});
    if (!deleted) return deleted.error();
    swept.definitions += *deleted;
  }
  return {};
}

}  // namespace

Result<Swept> sweep(store::Connection& connection, const RetentionPolicy& policy, std::int64_t now) {
  Swept swept;
  if (policy.keep.count() > 0) {
    const std::int64_t oldest = now - std::chrono::microseconds(policy.keep).count();
    if (Result<void> deleted = delete_where(connection, "r.ended < $1", oldest, policy.chunk, swept); !deleted) {
      return deleted.error();
    }
  }
  if (policy.most_runs > 0) {
    // The newest of those that are too many.
    const Result<Rows> first =
        connection.query("SELECT id FROM chain_run WHERE state >= 8 ORDER BY id DESC LIMIT 1 OFFSET " +
                         std::to_string(policy.most_runs));
    if (!first) return first.error();
    if (!first->empty()) {
      Result<void> deleted = delete_where(connection, "r.id <= $1", (*first)[0].integer(0), policy.chunk, swept);
      if (!deleted) return deleted.error();
    }
  }
  if (Result<void> deleted = delete_definitions(connection, now, swept); !deleted) return deleted.error();
  return swept;
}

}  // namespace tenon::journal
