#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/journal.h"
#include "journal/actions.h"
#include "journal/stored_value.h"
#include "store/store.h"

/// Runs that are recorded, whether they have ended or not: lists, search, and one run whole.
namespace tenon::journal {

enum class RunPhase : std::uint8_t { kRunning, kUndoing, kPaused, kParked, kSucceeded, kFailed };

/// `running`, `undoing`, `paused`, `parked`, `succeeded`, `failed`.
[[nodiscard]] std::string_view phase_name(RunPhase phase);
[[nodiscard]] std::optional<RunPhase> phase_of_name(std::string_view name);

/// All that is given must hold.
struct RunFilter {
  /// Any of them; empty: any at all.
  std::vector<RunPhase> phases = {};
  /// Name of the chain.
  std::string chain = {};
  /// Name of a lock that the run took: exactly, or `host:*` for all that begin with `host:`.
  std::string resource = {};
  /// Code of the error that the run failed with: exactly, or `KVM.*`.
  std::string error_code = {};
  /// When it started, in microseconds since 1970 UTC: from, and before.
  std::optional<std::int64_t> from = {};
  std::optional<std::int64_t> until = {};
  /// Runs of one node.
  std::optional<std::int64_t> owner = {};
  /// Older ones than this run; 0: from the newest.
  std::uint64_t before = 0;
  std::size_t limit = 100;
};

struct RunSummary {
  std::uint64_t id = 0;
  std::string chain;
  RunPhase phase = RunPhase::kRunning;
  std::int64_t owner = 0;
  std::int64_t definition = 0;
  std::uint32_t recoveries = 0;
  /// Microseconds since 1970 UTC; `ended` is 0 while it has not.
  std::int64_t started = 0;
  std::int64_t ended = 0;
  std::string parked;
  /// Of one that failed.
  std::optional<ErrorCode> error;
  std::vector<std::string> locks;
};

struct RunPage {
  /// Newest first.
  std::vector<RunSummary> runs;
  /// `before` for the next page; 0 if this is the last one.
  std::uint64_t next = 0;
};

/// JOURNAL.1004 for a filter that can't be.
[[nodiscard]] Result<RunPage> find_runs(store::Connection& connection, const RunFilter& filter);

/// A record of a run.
struct RunEntry {
  std::uint32_t sequence = 0;
  flow::JournalRecord::Kind kind = flow::JournalRecord::Kind::kDone;
  std::uint32_t step = 0;
  std::uint32_t attempt = 1;
  /// Microseconds since 1970 UTC.
  std::int64_t at = 0;
  /// Of kDone.
  std::vector<StoredValue> data;
  /// Of kFailed, kUndoFailed, kRetry.
  std::optional<ErrorCode> error;
  /// Of kFailed.
  std::vector<std::uint32_t> begun;
  /// Of kRetry, in milliseconds.
  std::int64_t wait = 0;
};

/// `done`, `failed`, `undone`, …
[[nodiscard]] std::string_view kind_name(flow::JournalRecord::Kind kind);

struct RunHistory {
  RunSummary run;
  std::vector<StoredValue> input;
  std::vector<RunEntry> entries;
  std::vector<Action> actions;
  /// Keys of its debts that are not paid.
  std::vector<std::string> debts;
};

/// Nothing if there is no such run.
[[nodiscard]] Result<std::optional<RunHistory>> read_run(store::Connection& connection, std::uint64_t run);

}  // namespace tenon::journal
