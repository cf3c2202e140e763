#include <array>
#include <utility>

#include "journal/errors.h"
#include "journal/records.h"
#include "journal/run_rows.h"
#include "journal/runs.h"
#include "journal/sql_filter.h"
#include "journal/table_states.h"

namespace tenon::journal {
namespace {

constexpr std::size_t kMostRuns = 10'000;

/// What an operator said last. A run that is cancelled is paused no longer.
constexpr std::string_view kPausedNow =
    "(SELECT a.verb FROM run_action a WHERE a.run = r.id AND a.verb IN (1, 2, 3) ORDER BY a.at DESC LIMIT 1) = 2";
constexpr std::string_view kTurned = "EXISTS (SELECT 1 FROM chain_journal j WHERE j.run = r.id AND j.kind = 2)";

constexpr std::array<std::pair<RunPhase, std::string_view>, 6> kNames{{
    {RunPhase::kRunning, "running"},
    {RunPhase::kUndoing, "undoing"},
    {RunPhase::kPaused, "paused"},
    {RunPhase::kParked, "parked"},
    {RunPhase::kSucceeded, "succeeded"},
    {RunPhase::kFailed, "failed"},
}};

std::string condition_of(RunPhase phase) {
  const std::string paused(kPausedNow);
  const std::string not_paused = "coalesce(" + paused + ", FALSE) = FALSE";
  const std::string turned(kTurned);
  switch (phase) {
    case RunPhase::kRunning: return "r.state = 1 AND " + not_paused + " AND NOT " + turned;
    case RunPhase::kUndoing: return "r.state = 1 AND " + not_paused + " AND " + turned;
    case RunPhase::kPaused: return "r.state = 1 AND " + paused;
    case RunPhase::kParked: return "r.state = 2";
    case RunPhase::kSucceeded: return "r.state = 8";
    case RunPhase::kFailed: return "r.state = 9";
  }
  return "FALSE";
}

void add_phases(SqlFilter& where, const std::vector<RunPhase>& phases) {
  if (phases.empty()) return;
  std::string any;
  bool live = true;
  for (const RunPhase phase : phases) {
    any.append(any.empty() ? "(" : " OR (").append(condition_of(phase)).append(")");
    live = live && phase != RunPhase::kSucceeded && phase != RunPhase::kFailed;
  }
  where.add(any);
  if (live) where.add("r.state < 8");  // for the index of runs that have not ended
}

SqlFilter conditions(const RunFilter& filter) {
  SqlFilter where;
  add_phases(where, filter.phases);
  if (!filter.chain.empty()) {
    where.add("r.definition IN (SELECT c.id FROM chain_definition c WHERE c.name = ?)", filter.chain);
  }
  if (!filter.resource.empty()) {
    where.add_pattern("r.id IN (SELECT t.run FROM run_tag t WHERE ", "t.resource", ")", filter.resource);
  }
  if (!filter.error_code.empty()) {
    where.add("r.state = 9");
    where.add_pattern("", "r.error_code", "", filter.error_code);
  }
  if (filter.from) where.add("r.started >= ?", *filter.from);
  if (filter.until) where.add("r.started < ?", *filter.until);
  if (filter.owner) where.add("r.owner = ?", *filter.owner);
  if (filter.before != 0) where.add("r.id < ?", static_cast<std::int64_t>(filter.before));
  return where;
}

}  // namespace

std::string run_columns() {
  return "SELECT r.id, coalesce(d.name, ''), CASE WHEN r.state <> 1 THEN CAST(r.state AS bigint) WHEN " +
         std::string(kPausedNow) + " THEN CAST(4 AS bigint) WHEN " + std::string(kTurned) +
         " THEN CAST(3 AS bigint) ELSE CAST(1 AS bigint) END, r.owner, r.definition, r.recoveries, r.started, r.ended, "
         "r.parked, r.error, r.locks, r.input FROM chain_run r LEFT JOIN chain_definition d ON d.id = r.definition ";
}

Result<RunSummary> run_summary(const store::Row& row) {
  RunSummary run;
  run.id = static_cast<std::uint64_t>(row.integer(0));
  run.chain = row.text(1);
  switch (row.integer(2)) {
    case kParked: run.phase = RunPhase::kParked; break;
    case 3: run.phase = RunPhase::kUndoing; break;
    case 4: run.phase = RunPhase::kPaused; break;
    case kSucceeded: run.phase = RunPhase::kSucceeded; break;
    case kFailed: run.phase = RunPhase::kFailed; break;
    default: run.phase = RunPhase::kRunning; break;
  }
  run.owner = row.integer(3);
  run.definition = row.integer(4);
  run.recoveries = static_cast<std::uint32_t>(row.integer(5));
  run.started = row.integer(6);
  run.ended = row.is_null(7) ? 0 : row.integer(7);
  if (run.phase == RunPhase::kParked && !row.is_null(8)) run.parked = row.text(8);
  if (!row.is_null(9)) run.error = read_error(row.text(9));
  if (row.is_null(10)) return run;
  Result<std::vector<std::string>> locks = read_names(row.text(10));
  if (!locks) return locks.error();
  run.locks = std::move(locks).value();
  return run;
}

std::string_view phase_name(RunPhase phase) {
  for (const auto& [known, name] : kNames) {
    if (known == phase) return name;
  }
  return "unknown";
}

std::optional<RunPhase> phase_of_name(std::string_view name) {
  for (const auto& [phase, known] : kNames) {
    if (known == name) return phase;
  }
  return std::nullopt;
}

Result<RunPage> find_runs(store::Connection& connection, const RunFilter& filter) {
  if (filter.limit == 0 || filter.limit > kMostRuns) {
    return make_error(kBadFilter, "a filter of runs is wrong",
                      "limit: expected 1 to " + std::to_string(kMostRuns) + ", found " + std::to_string(filter.limit));
  }
  if (filter.from && filter.until && *filter.from > *filter.until) {
    return make_error(kBadFilter, "a filter of runs is wrong", "from is later than until");
  }
  const SqlFilter where = conditions(filter);
  const std::string sql = run_columns() + where.sql() + " ORDER BY r.id DESC LIMIT " + std::to_string(filter.limit + 1);
  const Result<store::Rows> rows = connection.query(sql, where.parameters());
  if (!rows) return rows.error();
  RunPage page;
  for (const store::Row row : *rows) {
    if (page.runs.size() == filter.limit) {
      page.next = page.runs.back().id;
      break;
    }
    Result<RunSummary> run = run_summary(row);
    if (!run) return run.error();
    page.runs.push_back(std::move(run).value());
  }
  return page;
}

}  // namespace tenon::journal
