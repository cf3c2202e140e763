#include "journal/debts.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "journal/actions.h"
#include "journal/errors.h"
#include "journal/records.h"
#include "journal/recovery.h"
#include "journal/sql_filter.h"
#include "journal/table_states.h"

namespace tenon::journal {
namespace {

using store::Row;
using store::Rows;

constexpr std::int64_t kLongestWait = std::int64_t{3600} * 1'000'000;
/// The share of the wait that is left to chance.
constexpr double kJitter = 0.2;

constexpr std::array<std::pair<DebtState, std::string_view>, 5> kNames{{
    {DebtState::kOpen, "open"},
    {DebtState::kAwaited, "awaited"},
    {DebtState::kTaken, "taken"},
    {DebtState::kPaid, "paid"},
    {DebtState::kSettled, "settled"},
}};

constexpr std::string_view kColumns =
    "SELECT d.key, d.run, d.step, coalesce(r.definition, 0), coalesce(c.name, ''), d.flow, d.plugin, d.state, "
    "d.attempts, d.created, d.next_at, d.on_event, d.error, d.data FROM debt d LEFT JOIN chain_run r ON r.id = d.run "
    "LEFT JOIN chain_definition c ON c.id = r.definition ";

Debt debt_of(const Row& row) {
  Debt debt;
  debt.key = row.text(0);
  debt.run = static_cast<std::uint64_t>(row.integer(1));
  debt.step = static_cast<std::uint32_t>(row.integer(2));
  debt.definition = row.integer(3);
  debt.chain = row.text(4);
  debt.flow = row.text(5);
  debt.plugin = row.text(6);
  debt.state = static_cast<DebtState>(row.integer(7));
  debt.attempts = static_cast<std::uint32_t>(row.integer(8));
  debt.created = row.integer(9);
  debt.next_at = row.integer(10);
  if (!row.is_null(11)) debt.on_event = row.text(11);
  debt.error = read_error(row.text(12));
  if (!row.is_null(13)) debt.data = row.text(13);
  return debt;
}

Result<bool> changes_one(store::Connection& connection, std::string_view sql, const store::Parameters& parameters) {
  const Result<std::uint64_t> rows = connection.execute(sql, parameters);
  if (!rows) return rows.error();
  return *rows > 0;
}

/// Changes a debt that is not paid, by an operator, with the audit.
Result<bool> change_by_hand(store::Connection& connection, std::string_view key, const Action& what,
                            std::string_view sql, const store::Parameters& parameters) {
  Result<store::Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  const Result<Rows> rows =
      connection.query("SELECT run FROM debt WHERE key = $1 AND state < CAST($2 AS smallint)", {key, kDebtPaid});
  if (!rows) return rows.error();
  if (rows->empty()) return false;
  Action action = what;
  action.run = static_cast<std::uint64_t>((*rows)[0].integer(0));
  action.detail = Json::object().add("debt", key);
  if (Result<void> recorded = record_actions(connection, std::span(&action, 1)); !recorded) return recorded.error();
  Result<bool> changed = changes_one(connection, sql, parameters);
  if (!changed || !*changed) return changed;
  if (Result<void> committed = transaction->commit(); !committed) return committed.error();
  return true;
}

Action by_hand(Verb verb, std::string_view who, std::string_view why) {
  Action action;
  action.verb = verb;
  action.who = who;
  action.why = why;
  return action;
}

}  // namespace

std::string_view debt_state_name(DebtState state) {
  for (const auto& [known, name] : kNames) {
    if (known == state) return name;
  }
  return "unknown";
}

std::optional<DebtState> debt_state_of_name(std::string_view name) {
  for (const auto& [state, known] : kNames) {
    if (known == name) return state;
  }
  return std::nullopt;
}

Result<std::vector<Debt>> find_debts(store::Connection& connection, const DebtFilter& filter) {
  SqlFilter where;
  if (filter.states.empty()) where.add("d.state < 8");
  std::string states;
  for (const DebtState state : filter.states) {
    states.append(states.empty() ? "d.state IN (" : ", ").append(std::to_string(static_cast<int>(state)));
  }
  if (!states.empty()) where.add(states + ")");
  if (filter.run) where.add("d.run = ?", static_cast<std::int64_t>(*filter.run));
  if (!filter.plugin.empty()) where.add("d.plugin = ?", filter.plugin);
  if (!filter.chain.empty()) where.add("c.name = ?", filter.chain);
  if (!filter.after.empty()) where.add("d.key > ?", filter.after);
  const std::string sql = std::string(kColumns) + where.sql() + " ORDER BY d.key LIMIT " + std::to_string(filter.limit);
  const Result<Rows> rows = connection.query(sql, where.parameters());
  if (!rows) return rows.error();
  std::vector<Debt> debts;
  for (const Row row : *rows) debts.push_back(debt_of(row));
  return debts;
}

Result<std::optional<Debt>> find_debt(store::Connection& connection, std::string_view key) {
  const Result<Rows> rows = connection.query(std::string(kColumns) + "WHERE d.key = $1", {key});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Debt>();
  return std::optional<Debt>(debt_of((*rows)[0]));
}

Result<std::vector<Debt>> take_due_debts(store::Connection& connection, std::int64_t node, std::int64_t now,
                                         std::size_t limit) {
  Result<store::Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  const Result<Rows> taken = connection.query(
      "UPDATE debt SET state = 3, owner = $1 WHERE key IN (SELECT key FROM debt WHERE state = 1 AND next_at <= $2 "
      "ORDER BY next_at, key LIMIT $3) AND state = 1 AND EXISTS (SELECT 1 FROM node WHERE id = $1) RETURNING key",
      {node, now, static_cast<std::int64_t>(limit)});
  if (!taken) return taken.error();
  std::vector<Debt> debts;
  for (const Row row : *taken) {
    Result<std::optional<Debt>> debt = find_debt(connection, row.text(0));
    if (!debt) return debt.error();
    if (debt->has_value()) debts.push_back(std::move(**debt));
  }
  if (Result<void> committed = transaction->commit(); !committed) return committed.error();
  std::sort(debts.begin(), debts.end(), [](const Debt& a, const Debt& b) { return a.next_at < b.next_at; });
  return debts;
}

Result<std::vector<std::string>> taken_debts(store::Connection& connection, std::int64_t node) {
  const Result<Rows> rows = connection.query("SELECT key FROM debt WHERE state = 3 AND owner = $1", {node});
  if (!rows) return rows.error();
  std::vector<std::string> keys;
  for (const Row row : *rows) keys.emplace_back(row.text(0));
  return keys;
}

Result<bool> give_back_debt(store::Connection& connection, std::string_view key) {
  return changes_one(connection, "UPDATE debt SET state = 1 WHERE key = $1 AND state = 3", {key});
}

Result<std::optional<std::int64_t>> next_debt_due(store::Connection& connection) {
  const Result<Rows> rows = connection.query("SELECT min(next_at) FROM debt WHERE state = 1");
  if (!rows) return rows.error();
  if ((*rows)[0].is_null(0)) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>((*rows)[0].integer(0));
}

Result<flow::RecoveredRun> debt_run(const Debt& debt, std::shared_ptr<const flow::Chain> chain, std::uint64_t id) {
  if (debt.step >= chain->steps.size()) {
    return make_error(kNoSuchStep, "the chain has no such step", "debt " + debt.key + ", chain '" + chain->name + "'");
  }
  flow::RecoveredRun run;
  if (Result<void> read = read_entries(debt.data, -1, *chain, run.data); !read) return read.error();
  run.id = id;
  run.done = {debt.step};
  run.course = flow::RecoveredRun::Course::kTurned;
  run.error = debt.error;
  run.owner = debt.run;
  run.journaled = false;
  run.chain = std::move(chain);
  return run;
}

std::int64_t debt_wait(std::uint32_t attempts, double chance) {
  std::int64_t wait = kFirstDebtWait;
  for (std::uint32_t i = 0; i < attempts && wait < kLongestWait; ++i) wait *= 2;
  wait = std::min(wait, kLongestWait);
  return wait - static_cast<std::int64_t>(static_cast<double>(wait) * kJitter * chance);
}

Result<bool> pay_debt(store::Connection& connection, std::string_view key, std::int64_t now) {
  return changes_one(connection, "UPDATE debt SET state = 8, next_at = $2 WHERE key = $1 AND state = 3", {key, now});
}

Result<bool> debt_failed(store::Connection& connection, std::string_view key, const ErrorCode& error, std::int64_t now,
                         double chance) {
  const auto awaited = error.elaboration.find("retry_on");
  Result<store::Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  const Result<Rows> rows = connection.query(
      "UPDATE debt SET state = 1, attempts = attempts + 1, error = $2, on_event = $3 WHERE key = $1 AND state = 3 "
      "RETURNING attempts",
      {key, error_text(error),
       awaited != error.elaboration.end() ? store::Parameter(awaited->second) : store::Parameter()});
  if (!rows) return rows.error();
  if (rows->empty()) return false;
  const auto attempts = static_cast<std::uint32_t>((*rows)[0].integer(0));
  const auto due =
      connection.execute("UPDATE debt SET next_at = $2 WHERE key = $1", {key, now + debt_wait(attempts, chance)});
  if (!due) return due.error();
  if (Result<void> committed = transaction->commit(); !committed) return committed.error();
  return true;
}

Result<bool> defer_debt(store::Connection& connection, std::string_view key, const ErrorCode& error,
                        std::int64_t until) {
  return changes_one(connection, "UPDATE debt SET state = 1, next_at = $2, error = $3 WHERE key = $1 AND state = 3",
                     {key, until, error_text(error)});
}

Result<std::uint64_t> debts_due_on(store::Connection& connection, std::string_view event, std::int64_t now) {
  return connection.execute("UPDATE debt SET next_at = $2 WHERE on_event = $1 AND state = 1 AND next_at > $2",
                            {event, now});
}

Result<std::uint64_t> debts_due_on_start(store::Connection& connection, std::int64_t now) {
  return connection.execute("UPDATE debt SET next_at = $1 WHERE on_event IS NOT NULL AND state = 1 AND next_at > $1",
                            {now});
}

Result<bool> retry_debt(store::Connection& connection, std::string_view key, std::string_view who, std::string_view why,
                        std::int64_t now) {
  return change_by_hand(connection, key, by_hand(Verb::kRetryDebt, who, why),
                        "UPDATE debt SET next_at = $2 WHERE key = $1 AND state = 1", {key, now});
}

Result<bool> settle_debt(store::Connection& connection, std::string_view key, std::string_view who,
                         std::string_view why, std::int64_t now) {
  return change_by_hand(connection, key, by_hand(Verb::kSettleDebt, who, why),
                        "UPDATE debt SET state = 9, next_at = $2 WHERE key = $1 AND state < 8", {key, now});
}

}  // namespace tenon::journal
