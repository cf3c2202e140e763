#include "journal/actions.h"

#include <array>
#include <utility>

#include "api/json_text.h"
#include "journal/errors.h"
#include "journal/pending.h"
#include "journal/records.h"

namespace tenon::journal {
namespace {

constexpr std::array<std::pair<Verb, std::string_view>, 9> kNames{{
    {Verb::kCancel, "cancel"},
    {Verb::kPause, "pause"},
    {Verb::kResume, "resume"},
    {Verb::kRetry, "retry"},
    {Verb::kSkipStep, "skip-step"},
    {Verb::kMarkDone, "mark-done"},
    {Verb::kUnpark, "unpark"},
    {Verb::kRetryDebt, "retry-debt"},
    {Verb::kSettleDebt, "settle-debt"},
}};

Result<void> insert_action(store::Connection& connection, const Action& action) {
  const std::string detail = action.detail.is_null() ? std::string() : api::print_json(action.detail);
  // Two of one moment follow each other.
  const auto inserted = connection.execute(
      "INSERT INTO run_action (run, at, who, verb, why, detail) SELECT CAST($1 AS bigint), coalesce(max(at) + 1, "
      "CAST($2 AS bigint)), CAST($3 AS text), CAST($4 AS smallint), CAST($5 AS text), CAST($6 AS text) FROM run_action "
      "WHERE run = $1 AND at >= $2",
      {static_cast<std::int64_t>(action.run), microseconds_now(), clean_text(action.who), static_cast<int>(action.verb),
       clean_text(action.why), detail.empty() ? store::Parameter() : store::Parameter(detail)});
  return inserted ? Result<void>() : inserted.error();
}

Result<void> insert_actions(store::Connection& connection, std::span<const Action> actions) {
  for (const Action& action : actions) {
    if (Result<void> inserted = insert_action(connection, action); !inserted) return inserted;
  }
  return {};
}

}  // namespace

std::string_view verb_name(Verb verb) {
  for (const auto& [known, name] : kNames) {
    if (known == verb) return name;
  }
  return "unknown";
}

std::optional<Verb> verb_of_name(std::string_view name) {
  for (const auto& [verb, known] : kNames) {
    if (known == name) return verb;
  }
  return std::nullopt;
}

Result<void> record_actions(store::Connection& connection, std::span<const Action> actions) {
  if (connection.in_transaction()) return insert_actions(connection, actions);
  Result<store::Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  if (Result<void> inserted = insert_actions(connection, actions); !inserted) return inserted;
  return transaction->commit();
}

Result<std::vector<Action>> read_actions(store::Connection& connection, std::uint64_t run) {
  const Result<store::Rows> rows =
      connection.query("SELECT run, at, who, verb, why, detail FROM run_action WHERE run = $1 ORDER BY at",
                       {static_cast<std::int64_t>(run)});
  if (!rows) return rows.error();
  std::vector<Action> actions;
  for (const store::Row row : *rows) {
    Result<Action> action = read_action(row);
    if (!action) return action.error();
    actions.push_back(std::move(action).value());
  }
  return actions;
}

Result<Action> read_action(const store::Row& row) {
  Action action;
  action.run = static_cast<std::uint64_t>(row.integer(0));
  action.at = row.integer(1);
  action.who = row.text(2);
  action.verb = static_cast<Verb>(row.integer(3));
  action.why = row.text(4);
  if (row.is_null(5)) return action;
  Result<Json> detail = api::parse_json(row.text(5));
  if (!detail) return unreadable(detail.error().to_string());
  action.detail = std::move(detail).value();
  return action;
}

}  // namespace tenon::journal
