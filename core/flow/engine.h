#pragma once

#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/value.h>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/clock.h"
#include "flow/executor.h"
#include "flow/observer.h"

namespace tenon::flow {

class Journal;
class Run;
class Transactions;

/// One value of a run's data: a key and what a step wrote under it.
struct DataEntry {
  KeyRef key;
  /// The step that wrote it; -1 for an input.
  std::int32_t step;
  Value value;
};

/// How a run ended. Keeps the chain, whose libraries the data's types are of.
struct RunResult {
  std::uint64_t id = 0;
  std::shared_ptr<const Chain> chain;
  /// Nothing if the run succeeded. Its causes list the undos that failed, each as FLOW.1006, and the flows that had not
  /// answered when they were undone, each as FLOW.1019.
  std::optional<ErrorCode> error;
  /// What was committed, in the order it was written; of a failed run, the inputs.
  std::vector<DataEntry> data;

  [[nodiscard]] bool ok() const noexcept { return !error.has_value(); }
  /// The latest value under `key`, or null.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
};

/// A failure made on purpose, at one step of one run: for drills and tests.
struct Injection {
  enum class When : std::uint8_t {
    kBefore,   ///< the flow is not called
    kAfter,    ///< the flow is called, and what it answers is taken for a failure
    kTimeout,  ///< the flow is told to end at once, and its time counts as up when it answers
  };
  std::size_t step = 0;
  When when = When::kBefore;
};

struct RunRequest {
  std::shared_ptr<const Chain> chain;
  std::vector<std::pair<std::string, Value>> input;
  std::shared_ptr<RunObserver> observer;
  /// Called exactly once, when the run has ended, on the thread that ended it. May start other runs; must not throw.
  std::function<void(RunResult)> done;
  /// The step fails with FLOW.1020.
  std::optional<Injection> injection = {};
  /// Called once the run is durable, before its first step, on whichever thread; at once for a volatile run. Not called
  /// if `done` was called before it could be. Must not block or throw.
  std::function<void(std::uint64_t run)> accepted = {};
  /// Called before each step with the data so far; an error fails the run there, and the step is not begun.
  std::function<std::optional<ErrorCode>(const FlowData&)> before_step = {};
  /// Of all runs with the same key, the journal keeps the first one alone: the others are refused with STORE.1004, and
  /// nothing of them is begun. Empty: none. A volatile run has none.
  std::string start_key = {};
};

struct EngineOptions {
  /// Threads that continue runs after an answer from elsewhere; 0: one a processor.
  std::size_t threads = 0;
  /// Threads for flows that block (BlockingFlow): so many may block at once.
  std::size_t blocking_threads = 16;
  /// Id of the first run; each later one has the next. 0: ids go up with the time, across restarts, too.
  std::uint64_t first_run = 0;
  /// With `first_run` 0: ids are above this one in any case, even if the clock was set back.
  std::uint64_t last_run = 0;
  /// Null: real time.
  std::shared_ptr<Clock> clock = {};
  /// Null: all runs are volatile. Outlives the engine.
  Journal* journal = nullptr;
  /// Null: there is no store, and transactional flows fail. Must outlive the engine.
  Transactions* transactions = nullptr;
};

/// A run that another process began: what its records say. Steps are named by their index in the chain, which is the
/// one that the run began with.
struct RecoveredRun {
  struct Entry {
    /// The step that wrote it; -1 for an input.
    std::int32_t step;
    std::string key;
    Value value;
  };
  enum class Course : std::uint8_t {
    kResume,  ///< goes on after what is done: what may have begun is run again
    kUndo,    ///< what may have begun counts as failed, and is undone with what is done
    kTurned,  ///< it had turned back already: `done` is all that is left to undo
  };
  /// 0: a new one.
  std::uint64_t id = 0;
  std::shared_ptr<const Chain> chain;
  /// In the order in which it was written.
  std::vector<Entry> data;
  /// Steps that are done and not undone, in the order in which they were done; of kTurned, in which they began.
  std::vector<std::uint32_t> done;
  /// Steps that were being undone so that their part could be tried again: undone before anything else, unless the
  /// course is another one than kResume. In the order in which they began; those among them that were done are in
  /// `done`.
  std::vector<std::uint32_t> going_back;
  /// Steps that an operator has left out.
  std::vector<std::uint32_t> skipped;
  Course course = Course::kUndo;
  /// Of kTurned: why. Of kUndo: why the node undoes it (FLOW.1040 if nothing).
  std::optional<ErrorCode> error;
  /// Number of its last record.
  std::uint32_t sequence = 0;
  /// The next attempt of a step that had failed before.
  struct Retry {
    std::uint32_t step = 0;
    /// The one that comes next.
    std::uint32_t attempt = 1;
    std::chrono::milliseconds wait{0};
  };
  std::vector<Retry> retries;
  /// Debts are tried by runs of their own, which name things by the run that owes; 0: by its own id.
  std::uint64_t owner = 0;
  /// False: nothing of it is recorded.
  bool journaled = true;
  std::shared_ptr<RunObserver> observer;
  std::function<void(RunResult)> done_with;
};

/// Runs chains. Steps of one run follow one another, but for parallel branches; different runs are independent. Any
/// thread may call.
class Engine {
 public:
  explicit Engine(EngineOptions options = {});
  /// No run may be in flight: see `wait_idle`.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Starts a run on the calling thread, which works on it until a flow answers later; so this may return after `done`
  /// was called. Errors, without a call of `done`: FLOW.1011 the engine is closed, FLOW.1012 an input is missing,
  /// FLOW.1013 an input that the chain does not declare, FLOW.1015 a lock can't be named from the inputs.
  Result<std::uint64_t> start(RunRequest request);

  /// As `start`, but the first flow is called on a thread of the engine.
  Result<std::uint64_t> post(RunRequest request);

  /// Takes up a run again. It queues for its locks within this call, or takes over what was held for it, so that what
  /// is started later comes after it; runs are to be taken up, or held for, in the order of their ids. It goes on, on a
  /// thread of the engine, once it has them and is released. Its id, which is a new one for a run that has none.
  /// Errors: FLOW.1011; FLOW.1015 a lock can't be named any more; FLOW.1046 its records and its chain do not fit.
  Result<std::uint64_t> recover(RecoveredRun run);
  /// Keeps these locks, in the order of their names, for a run that is not taken up yet: what is started later comes
  /// after it. Until it is recovered, or let go.
  void hold(std::uint64_t run, std::vector<std::string> locks);
  void let_go(std::uint64_t run);
  /// Lets a recovered run go on. Once for each.
  void release(std::uint64_t run);

  /// Stops a run before its next step or undo, until `resume`. False if no such run is in flight. A run that is paused
  /// can be cancelled: it goes on when it is resumed.
  bool pause(std::uint64_t run);
  bool resume(std::uint64_t run);
  /// What is to become of the step, or of the undo, that a paused run has before it.
  struct Directive {
    enum class Kind : std::uint8_t { kSkip, kMarkDone } kind = Kind::kSkip;
    std::uint32_t step = 0;
    /// Of kMarkDone: what the step would have written.
    std::vector<std::pair<std::string, Value>> data = {};
    /// Called once, on any thread, when it is in the run's record: null; or with why it is not.
    std::function<void(const ErrorCode*)> recorded = {};
  };
  /// It is recorded at once, and the run stands before what comes next, paused as it was. FLOW.1041 if the run is not
  /// paused, FLOW.1042 if another step is next, FLOW.1043 if the data is not what the step declares that it writes.
  Result<void> direct(std::uint64_t run, Directive directive);
  /// What `direct` would say now, without doing it.
  [[nodiscard]] Result<void> may_direct(std::uint64_t run, const Directive& directive) const;
  /// A run that waits for the time of its next attempt does not wait any longer. False if it does not.
  bool hurry(std::uint64_t run);

  /// Asks a run to end: the flows at work see `cancelled()`; once they have answered, or their grace is over, the begun
  /// flows are undone and the run fails with FLOW.1004. False if no such run is in flight. A run that is being undone
  /// already goes on so.
  bool cancel(std::uint64_t run);
  void cancel_all();

  /// From now on no run starts.
  void close();
  /// Waits until no run is in flight and no flow is out that was undone without its answer; false if the time is up
  /// before. Real time, whatever the clock.
  [[nodiscard]] bool wait_idle(std::chrono::milliseconds timeout);
  /// Whether all runs in flight stand still until an operator, their turn to be recovered or, with `commits`, the
  /// journal lets them go on: then there is nothing to wait for.
  [[nodiscard]] bool only_standing(bool commits) const;
  /// Forgets the runs that stand still, so that the engine can be gone: their records are all that is left of them. No
  /// other call may be under way, the journal must be closed, and the engine, too. Their `done` is not called.
  void drop_standing();
  /// Runs that have not ended.
  [[nodiscard]] std::size_t in_flight() const;

  /// What a run is at, or nothing if there is none of this id.
  [[nodiscard]] std::optional<RunState> inspect(std::uint64_t run) const;
  /// All runs, and those that have ended but for late answers; at most `limit`.
  [[nodiscard]] std::vector<RunState> inspect_all(std::size_t limit = 1000) const;
  /// Those whose chain is such a one, at most `limit`. `wanted` is called under the lock of its run: it looks at the
  /// chain alone.
  [[nodiscard]] std::vector<RunState> inspect_where(const std::function<bool(const Chain& chain)>& wanted,
                                                    std::size_t limit = 1000) const;

  /// `FLOW` and chain of a run in flight, for messages: `flow 'x' of chain 'y'`; empty if it has ended.
  [[nodiscard]] std::string describe_step(std::uint64_t run, std::uint32_t step) const;

  /// The pool of the threads that continue runs, for work that must not be done on a foreign thread.
  [[nodiscard]] Executor& executor() noexcept;

 private:
  friend class Run;
  struct State;
  Result<Run*> admit(RunRequest&& request);
  /// Takes the run, and queues for its locks; `held` has been asked for already. It is gone after an error.
  Result<Run*> admit(Run* run, std::vector<std::pair<std::string, std::uint64_t>> held);
  /// What `hold` has asked for, which is forgotten.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> take_held(std::uint64_t run);
  /// Counted, or null.
  [[nodiscard]] boost::intrusive_ptr<Run> find(std::uint64_t id) const;

  std::unique_ptr<State> state_;
};

}  // namespace tenon::flow
