#pragma once

#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/value.h>

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
  /// Called before each step with the data so far; an error fails the run there, and the step is not begun.
  std::function<std::optional<ErrorCode>(const FlowData&)> before_step = {};
};

struct EngineOptions {
  /// Threads that continue runs after an answer from elsewhere; 0: one a processor.
  std::size_t threads = 0;
  /// Threads for flows that block (BlockingFlow): so many may block at once.
  std::size_t blocking_threads = 16;
  /// Id of the first run; each later one has the next. 0: ids go up with the time, across restarts, too.
  std::uint64_t first_run = 0;
  /// Null: real time.
  std::shared_ptr<Clock> clock = {};
  /// Null: there is no store, and transactional flows fail. Must outlive the engine.
  Transactions* transactions = nullptr;
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
  /// Runs that have not ended.
  [[nodiscard]] std::size_t in_flight() const;

  /// What a run is at, or nothing if there is none of this id.
  [[nodiscard]] std::optional<RunState> inspect(std::uint64_t run) const;
  /// All runs, and those that have ended but for late answers; at most `limit`.
  [[nodiscard]] std::vector<RunState> inspect_all(std::size_t limit = 1000) const;

  /// `FLOW` and chain of a run in flight, for messages: `flow 'x' of chain 'y'`; empty if it has ended.
  [[nodiscard]] std::string describe_step(std::uint64_t run, std::uint32_t step) const;

  /// The pool of the threads that continue runs, for work that must not be done on a foreign thread.
  [[nodiscard]] Executor& executor() noexcept;

 private:
  friend class Run;
  struct State;
  Result<Run*> admit(RunRequest&& request);

  std::unique_ptr<State> state_;
};

}  // namespace tenon::flow
