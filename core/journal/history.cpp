#include <array>
#include <utility>

#include "journal/errors.h"
#include "journal/records.h"
#include "journal/recovery.h"
#include "journal/run_rows.h"
#include "journal/runs.h"

namespace tenon::journal {
namespace {

using Kind = flow::JournalRecord::Kind;
using store::Row;
using store::Rows;

constexpr std::array<std::pair<Kind, std::string_view>, 10> kNames{{
    {Kind::kDone, "done"},
    {Kind::kFailed, "failed"},
    {Kind::kUndone, "undone"},
    {Kind::kUndoFailed, "undo-failed"},
    {Kind::kRetry, "retry"},
    {Kind::kSkipped, "skipped"},
    {Kind::kRestSkipped, "rest-skipped"},
    {Kind::kClosed, "closed"},
    {Kind::kLateUndone, "late-undone"},
    {Kind::kBack, "back"},
}};

Result<RunEntry> entry_of(const Row& row) {
  RunEntry entry;
  entry.sequence = static_cast<std::uint32_t>(row.integer(0));
  entry.kind = static_cast<Kind>(row.integer(1));
  entry.step = static_cast<std::uint32_t>(row.integer(2));
  entry.attempt = static_cast<std::uint32_t>(row.integer(3));
  entry.at = row.integer(4);
  if (row.is_null(5)) return entry;
  if (entry.kind == Kind::kDone) {
    Result<void> read = read_values(row.text(5), static_cast<std::int32_t>(entry.step), entry.data);
    if (!read) return read.error();
    return entry;
  }
  Result<RecordNote> note = read_note(row.text(5));
  if (!note) return note.error();
  if (!note->error.empty()) entry.error = read_error(note->error);
  entry.begun = std::move(note->begun);
  entry.wait = note->wait;
  return entry;
}

Result<void> read_entries_of(store::Connection& connection, std::int64_t run, RunHistory& history) {
  const Result<Rows> rows = connection.query(
      "SELECT seq, kind, step, attempt, at, data FROM chain_journal WHERE run = $1 ORDER BY seq", {run});
  if (!rows) return rows.error();
  for (const Row row : *rows) {
    Result<RunEntry> entry = entry_of(row);
    if (!entry) return entry.error();
    history.entries.push_back(std::move(entry).value());
  }
  return {};
}

}  // namespace

std::string_view kind_name(Kind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "unknown";
}

Result<std::optional<RunHistory>> read_run(store::Connection& connection, std::uint64_t run) {
  const auto id = static_cast<std::int64_t>(run);
  const Result<Rows> rows = connection.query(run_columns() + "WHERE r.id = $1", {id});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<RunHistory>();
  RunHistory history;
  Result<RunSummary> summary = run_summary((*rows)[0]);
  if (!summary) return summary.error();
  history.run = std::move(summary).value();
  if (!(*rows)[0].is_null(kInputColumn)) {
    if (Result<void> read = read_values((*rows)[0].text(kInputColumn), -1, history.input); !read) return read.error();
  }
  if (Result<void> read = read_entries_of(connection, id, history); !read) return read.error();
  Result<std::vector<Action>> actions = read_actions(connection, run);
  if (!actions) return actions.error();
  history.actions = std::move(actions).value();
  const Result<Rows> debts = connection.query("SELECT key FROM debt WHERE run = $1 AND state < 8 ORDER BY step", {id});
  if (!debts) return debts.error();
  for (const Row row : *debts) history.debts.emplace_back(row.text(0));
  return std::optional<RunHistory>(std::move(history));
}

Result<Definition> load_definition(store::Connection& connection, std::int64_t id) {
  const Result<Rows> rows = connection.query("SELECT id, name, sha256, body FROM chain_definition WHERE id = $1", {id});
  if (!rows) return rows.error();
  if (rows->empty()) return make_error(kNoSuchDefinition, "no such definition of a chain", std::to_string(id));
  const Row row = (*rows)[0];
  return Definition{row.integer(0), std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3))};
}

Result<std::unordered_map<std::int64_t, Definition>> load_definitions(store::Connection& connection,
                                                                      const std::vector<LiveRun>& runs) {
  std::unordered_map<std::int64_t, Definition> definitions;
  for (const LiveRun& run : runs) {
    if (definitions.contains(run.definition)) continue;
    Result<Definition> definition = load_definition(connection, run.definition);
    if (!definition && definition.error().code != kNoSuchDefinition) return definition.error();
    if (definition) definitions.emplace(run.definition, std::move(definition).value());
  }
  return definitions;
}

}  // namespace tenon::journal
