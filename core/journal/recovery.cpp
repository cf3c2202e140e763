#include "journal/recovery.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "flow/run.h"
#include "journal/errors.h"
#include "journal/pending.h"
#include "journal/records.h"
#include "journal/run_fold.h"

namespace tenon::journal {
namespace {

using store::Row;
using store::Rows;

/// So many runs' records are in memory at once.
constexpr std::size_t kRunsAtOnce = 20'000;

constexpr std::string_view kRunColumns =
    "SELECT r.id, r.definition, r.started, r.recoveries, r.parked, r.input, r.locks FROM chain_run r ";
constexpr std::string_view kRecordColumns =
    "SELECT j.run, j.seq, j.kind, j.step, j.attempt, j.at, j.data FROM chain_run r JOIN chain_journal j ON j.run = "
    "r.id ";
constexpr std::string_view kActionColumns =
    "SELECT a.run, a.at, a.who, a.verb, a.why, a.detail FROM chain_run r JOIN run_action a ON a.run = r.id ";
constexpr std::string_view kOfNode = "WHERE r.owner = $1 AND r.state < 8 ";
constexpr std::string_view kOneRun = "WHERE r.id = $1 AND r.state < 8 ";

std::string sql(std::string_view what, std::string_view which, std::string_view rest) {
  return std::string(what).append(which).append(rest);
}

std::string_view text_or_empty(const Row& row, int column) {
  return row.is_null(column) ? std::string_view() : row.text(column);
}

Result<LiveRun> live_run(const Row& row) {
  LiveRun run;
  run.id = static_cast<std::uint64_t>(row.integer(0));
  run.definition = row.integer(1);
  run.started = row.integer(2);
  run.recoveries = static_cast<std::uint32_t>(row.integer(3));
  run.parked = text_or_empty(row, 4);
  if (!row.is_null(5)) run.data.push_back({-1, std::string(row.text(5))});
  if (!row.is_null(6)) {
    Result<std::vector<std::string>> locks = read_names(row.text(6));
    if (!locks) return std::move(locks).error();
    run.locks = std::move(locks).value();
  }
  return run;
}

Result<void> fold_record(LiveRun& run, const Row& row) {
  RecordRow record;
  record.sequence = static_cast<std::uint32_t>(row.integer(1));
  record.kind = static_cast<flow::JournalRecord::Kind>(row.integer(2));
  record.step = static_cast<std::uint32_t>(row.integer(3));
  record.attempt = static_cast<std::uint32_t>(row.integer(4));
  record.at = row.integer(5);
  record.data = text_or_empty(row, 6);
  Result<void> folded = fold(run, record);
  if (folded) return folded;
  ErrorCode error = std::move(folded).error();
  error.details =
      "run " + flow::run_name(run.id) + ", record " + std::to_string(record.sequence) + ": " + error.details;
  return error;
}

/// Calls `visit` with each row and the run that it is of; both are ordered by run.
template <class Visit>
Result<void> with_runs(std::vector<LiveRun>::iterator run, std::vector<LiveRun>::iterator end, const Rows& rows,
                       const Visit& visit) {
  for (const Row row : rows) {
    const auto id = static_cast<std::uint64_t>(row.integer(0));
    while (run != end && run->id < id) ++run;
    if (run == end) break;
    if (run->id != id) continue;
    if (Result<void> visited = visit(*run, row); !visited) return visited;
  }
  return {};
}

Result<void> fold_actions(std::vector<LiveRun>& runs, const Rows& rows) {
  return with_runs(runs.begin(), runs.end(), rows, [](LiveRun& run, const Row& row) -> Result<void> {
    Result<Action> action = read_action(row);
    if (!action) return action.error();
    fold(run, std::move(action).value());
    return {};
  });
}

Result<std::vector<LiveRun>> read_runs(store::Connection& connection, std::string_view which,
                                       store::Parameter parameter) {
  std::vector<LiveRun> runs;
  {
    const Result<Rows> rows = connection.query(sql(kRunColumns, which, "ORDER BY r.id"), {parameter});
    if (!rows) return rows.error();
    runs.reserve(rows->size());
    for (const Row row : *rows) {
      Result<LiveRun> run = live_run(row);
      if (!run) return std::move(run).error();
      runs.push_back(std::move(run).value());
    }
  }
  const std::string records = sql(kRecordColumns, which, "AND r.id BETWEEN $2 AND $3 ORDER BY j.run, j.seq");
  for (std::size_t first = 0; first < runs.size(); first += kRunsAtOnce) {
    const auto begin = runs.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = runs.begin() + static_cast<std::ptrdiff_t>(std::min(first + kRunsAtOnce, runs.size()));
    const Result<Rows> rows = connection.query(
        records, {parameter, static_cast<std::int64_t>(begin->id), static_cast<std::int64_t>(std::prev(end)->id)});
    if (!rows) return rows.error();
    if (Result<void> folded = with_runs(begin, end, *rows, fold_record); !folded) return folded.error();
  }
  const Result<Rows> actions = connection.query(sql(kActionColumns, which, "ORDER BY a.run, a.at"), {parameter});
  if (!actions) return actions.error();
  if (Result<void> folded = fold_actions(runs, *actions); !folded) return folded.error();
  return runs;
}

/// Why it is undone, without the undos that failed.
std::optional<ErrorCode> reason_of(const LiveRun& run) {
  if (run.turned && !run.error.empty()) return read_error(run.error);
  const auto cancel = std::find_if(run.actions.rbegin(), run.actions.rend(),
                                   [](const Action& action) { return action.verb == Verb::kCancel; });
  if (cancel != run.actions.rend()) {
    return make_error("FLOW.1004", "the run was cancelled",
                      "by " + cancel->who + (cancel->why.empty() ? "" : ": " + cancel->why));
  }
  const bool goes_back = !run.going_back.empty() || !run.failed_undos.empty();
  if (goes_back && !run.error.empty()) return read_error(run.error);
  return std::nullopt;
}

std::optional<ErrorCode> why_undone(const LiveRun& run) {
  std::optional<ErrorCode> error = reason_of(run);
  if (run.failed_undos.empty()) return error;
  if (!error) error = make_error("FLOW.1040", "the run was interrupted", "the node ended while it was under way");
  for (const std::string& undo : run.failed_undos) error->causes.push_back(read_error(undo));
  return error;
}

/// The type that a flow of the chain declares for the key and that is not the value's; null if there is none.
const KeyEntry* other_type(const flow::Chain& chain, const StoredValue& value) {
  if (value.type_id == kTypeId<Json>) return nullptr;
  for (const flow::ChainStep& step : chain.steps) {
    if (!step.contract) continue;
    for (const auto* list : {&step.contract->reads_list, &step.contract->optional_list, &step.contract->writes_list}) {
      for (const KeyEntry& entry : *list) {
        if (entry.name == value.key && entry.type_id != value.type_id) return &entry;
      }
    }
  }
  return nullptr;
}

}  // namespace

Result<std::uint64_t> claim_runs(store::Connection& connection, std::int64_t node) {
  const Result<Rows> owners = connection.query(
      "SELECT owner FROM chain_run WHERE state < 8 AND owner NOT IN (SELECT id FROM node) GROUP BY owner ORDER BY "
      "owner");
  if (!owners) return owners.error();
  std::uint64_t claimed = 0;
  for (const Row owner : *owners) {
    const Result<std::uint64_t> runs = connection.execute(
        "UPDATE chain_run SET owner = $1, recoveries = recoveries + CASE WHEN owner <> 0 AND state = 1 THEN 1 ELSE 0 "
        "END WHERE owner = $2 AND state < 8 AND EXISTS (SELECT 1 FROM node WHERE id = $1)",
        {node, owner.integer(0)});
    if (!runs) return runs.error();
    claimed += *runs;
  }
  const auto debts = connection.execute(
      "UPDATE debt SET owner = $1, state = 1, next_at = $2 WHERE state IN (2, 3) AND owner NOT IN (SELECT id FROM "
      "node) AND EXISTS (SELECT 1 FROM node WHERE id = $1)",
      {node, microseconds_now()});
  if (!debts) return debts.error();
  return claimed;
}

Result<void> release_runs(store::Connection& connection, std::int64_t node) {
  const auto released = connection.execute("UPDATE chain_run SET owner = 0 WHERE owner = $1 AND state < 8", {node});
  return released ? Result<void>() : released.error();
}

Result<std::vector<LiveRun>> load_live(store::Connection& connection, std::int64_t node) {
  return read_runs(connection, kOfNode, node);
}

Result<LiveRun> load_live_run(store::Connection& connection, std::uint64_t run) {
  Result<std::vector<LiveRun>> runs = read_runs(connection, kOneRun, static_cast<std::int64_t>(run));
  if (!runs) return std::move(runs).error();
  if (runs->empty()) return make_error(kNoSuchRun, "no such run that has not ended", flow::run_name(run));
  return std::move(runs->front());
}

Result<flow::RecoveredRun> recovered_run(const LiveRun& run, std::shared_ptr<const flow::Chain> chain,
                                         std::int64_t now) {
  flow::RecoveredRun recovered;
  recovered.id = run.id;
  for (const LiveRun::Data& data : run.data) {
    if (Result<void> read = read_entries(data.text, data.step, *chain, recovered.data); !read) return read.error();
  }
  recovered.done = run.done;
  recovered.skipped = run.skipped;
  recovered.going_back = run.going_back;
  recovered.sequence = run.sequence;
  recovered.error = why_undone(run);
  using Course = flow::RecoveredRun::Course;
  const bool undo = run.cancelled || !run.failed_undos.empty() || chain->recovery == flow::Recovery::kRollback;
  recovered.course = run.turned ? Course::kTurned : undo ? Course::kUndo : Course::kResume;
  for (const LiveRun::Retry& retry : run.retries) {
    const std::chrono::microseconds wait(std::max<std::int64_t>(retry.due - now, 0));
    recovered.retries.push_back({retry.step, retry.attempt, std::chrono::ceil<std::chrono::milliseconds>(wait)});
  }
  recovered.chain = std::move(chain);
  return recovered;
}

Result<void> read_entries(std::string_view text, std::int32_t step, const flow::Chain& chain,
                          std::vector<flow::RecoveredRun::Entry>& entries) {
  std::vector<StoredValue> values;
  if (Result<void> read = read_values(text, step, values); !read) return read;
  for (StoredValue& value : values) {
    if (const KeyEntry* entry = other_type(chain, value)) {
      return make_error(kTypeChanged, "a value's type has changed since it was recorded",
                        "'" + value.key + "' is " + entry->type_name + " now, of another form than what chain '" +
                            chain.name + "' began with");
    }
    entries.push_back({value.step, std::move(value.key), Value::of<Json>(std::move(value.value))});
  }
  return {};
}

Result<void> park_run(store::Connection& connection, std::int64_t node, std::uint64_t run, std::string_view reason) {
  const auto parked = connection.execute(
      "UPDATE chain_run SET state = 2, parked = $3 WHERE id = $1 AND state < 8 AND owner = $2 AND EXISTS (SELECT 1 "
      "FROM node WHERE id = $2)",
      {static_cast<std::int64_t>(run), node, clean_text(reason)});
  return parked ? Result<void>() : parked.error();
}

Result<bool> unpark_run(store::Connection& connection, std::int64_t node, std::uint64_t run) {
  const auto unparked = connection.execute(
      "UPDATE chain_run SET state = 1, parked = NULL, recoveries = 0, owner = $2 WHERE id = $1 AND state = 2 AND "
      "EXISTS (SELECT 1 FROM node WHERE id = $2)",
      {static_cast<std::int64_t>(run), node});
  return unparked ? Result<bool>(*unparked > 0) : Result<bool>(unparked.error());
}

}  // namespace tenon::journal
