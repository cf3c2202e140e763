#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/engine.h"
#include "journal/actions.h"
#include "store/store.h"

/// What a node does with runs that another process left: it takes them over, reads them, and hands them to the engine.
namespace tenon::journal {

/// Takes over the runs of nodes that are no longer in the table `node`: their owner becomes `node`, and each that its
/// owner did not release in good order has one more recovery, except those that are parked. Also the debts that such a
/// node was at work on, which become due. How many runs. One transaction for each node that is gone.
[[nodiscard]] Result<std::uint64_t> claim_runs(store::Connection& connection, std::int64_t node);

/// Before a stop in good order: whoever claims the runs of this node does not count it as a recovery.
[[nodiscard]] Result<void> release_runs(store::Connection& connection, std::int64_t node);

/// A run that has not ended, as its records say.
struct LiveRun {
  struct Retry {
    std::uint32_t step = 0;
    /// The one that comes next.
    std::uint32_t attempt = 1;
    /// Microseconds since 1970 UTC.
    std::int64_t due = 0;
  };
  std::uint64_t id = 0;
  std::int64_t definition = 0;
  std::int64_t started = 0;
  std::uint32_t recoveries = 0;
  /// Number of its last record; 0 if there is none.
  std::uint32_t sequence = 0;
  /// Why it is parked; empty if it is not.
  std::string parked;
  /// What a step wrote, as JSON text for `read_values`; step -1: the inputs.
  struct Data {
    std::int32_t step = -1;
    std::string text;
  };
  /// Inputs, then what each step wrote that is not undone, in the order in which it was done. Nothing for steps that
  /// wrote nothing.
  std::vector<Data> data;
  /// As RecoveredRun has it: of a run that has turned back, what is left to undo.
  std::vector<std::uint32_t> done;
  std::vector<std::uint32_t> skipped;
  /// As RecoveredRun has it.
  std::vector<std::uint32_t> going_back;
  /// Names of the locks that it takes.
  std::vector<std::string> locks;
  std::vector<Retry> retries;
  /// It has turned back for good.
  bool turned = false;
  /// Of a run that has turned back, or goes back to try a part again: why, as JSON text.
  std::string error;
  /// Of undos that failed, as JSON text.
  std::vector<std::string> failed_undos;
  /// By operators, as the last action says.
  bool paused = false;
  bool cancelled = false;
  /// What operators did to it, in order.
  std::vector<Action> actions;
};

/// All runs of this node that have not ended, ordered by id. One pass through the journal.
[[nodiscard]] Result<std::vector<LiveRun>> load_live(store::Connection& connection, std::int64_t node);
/// One of them, wherever it is owned; JOURNAL.1001 if there is none, or it has ended.
[[nodiscard]] Result<LiveRun> load_live_run(store::Connection& connection, std::uint64_t run);

/// A chain as runs began with it.
struct Definition {
  std::int64_t id = 0;
  std::string name;
  /// In hex digits.
  std::string sha256;
  /// What `flow::definition_text` gave.
  std::string body;
};

/// Those that the runs need, by id.
[[nodiscard]] Result<std::unordered_map<std::int64_t, Definition>> load_definitions(store::Connection& connection,
                                                                                    const std::vector<LiveRun>& runs);
/// JOURNAL.1003 if there is none.
[[nodiscard]] Result<Definition> load_definition(store::Connection& connection, std::int64_t id);

/// What the engine goes on with. `chain`: made again of the run's definition; `now` in microseconds. The course is what
/// the run's records, its chain and its operators say: kTurned if it had turned back, kUndo if it was cancelled, an
/// undo of it had failed (what that left must not be built upon) or its chain's recovery is rollback, else kResume.
///
/// JOURNAL.1002 if a value's type is no longer the one that the chain's flows declare for its key: the run is to be
/// parked with this reason.
[[nodiscard]] Result<flow::RecoveredRun> recovered_run(const LiveRun& run, std::shared_ptr<const flow::Chain> chain,
                                                       std::int64_t now);

/// Adds the values of the text, written by `step`, as a recovered run has them. JOURNAL.1002 as above.
[[nodiscard]] Result<void> read_entries(std::string_view text, std::int32_t step, const flow::Chain& chain,
                                        std::vector<flow::RecoveredRun::Entry>& entries);

/// Parks the run: it stays as it is, with the reason, until it is unparked. Has no effect on one that has ended.
[[nodiscard]] Result<void> park_run(store::Connection& connection, std::int64_t node, std::uint64_t run,
                                    std::string_view reason);
/// Lets it be recovered again, by this node, with its recoveries counted from 0. False if it is not parked.
[[nodiscard]] Result<bool> unpark_run(store::Connection& connection, std::int64_t node, std::uint64_t run);

}  // namespace tenon::journal
