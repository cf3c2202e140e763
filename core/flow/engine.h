#pragma once

#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/value.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/executor.h"

namespace tenon::flow {

class Run;

enum class Direction : std::uint8_t { kForward, kUndo };

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
  /// Nothing if the run succeeded. Its causes list the undos that failed, each as FLOW.1006.
  std::optional<ErrorCode> error;
  /// What was committed, in the order it was written; of a failed run, the inputs.
  std::vector<DataEntry> data;

  [[nodiscard]] bool ok() const noexcept { return !error.has_value(); }
  /// The latest value under `key`, or null.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
};

/// Told of each step of one run. Called by whichever thread drives the run, one call at a time but for `progress`,
/// which comes from the flow's thread. Must not block or throw.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void step_begun(std::uint64_t run, std::size_t step, Direction direction) noexcept = 0;
  /// `error` is null if the step did what it should.
  virtual void step_ended(std::uint64_t run, std::size_t step, Direction direction,
                          const ErrorCode* error) noexcept = 0;
  virtual void progress(std::uint64_t run, std::size_t step, int percent, std::string_view what) noexcept = 0;
};

struct RunRequest {
  std::shared_ptr<const Chain> chain;
  std::vector<std::pair<std::string, Value>> input;
  std::shared_ptr<RunObserver> observer;
  /// Called exactly once, when the run has ended, on the thread that ended it. May start other runs; must not throw.
  std::function<void(RunResult)> done;
};

struct EngineOptions {
  /// Threads that continue runs after an answer from elsewhere; 0: one a processor.
  std::size_t threads = 0;
  /// Threads for flows that block (BlockingFlow): so many may block at once.
  std::size_t blocking_threads = 16;
};

/// Runs chains. Steps of one run follow one another; different runs are independent. Any thread may call.
class Engine {
 public:
  explicit Engine(EngineOptions options = {});
  /// No run may be in flight: see `wait_idle`.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Starts a run on the calling thread, which works on it until a flow answers later; so this may return after `done`
  /// was called. Errors, without a call of `done`: FLOW.1011 the engine is closed, FLOW.1012 an input is missing,
  /// FLOW.1013 an input that the chain does not declare.
  Result<std::uint64_t> start(RunRequest request);

  /// As `start`, but the first flow is called on a thread of the engine.
  Result<std::uint64_t> post(RunRequest request);

  /// Asks a run to end: its current flow sees `cancelled()`; once that has answered, the begun flows are undone and the
  /// run fails with FLOW.1004. False if no such run is in flight. A run that is being undone already goes on so.
  bool cancel(std::uint64_t run);
  void cancel_all();

  /// From now on no run starts.
  void close();
  /// Waits until no run is in flight; false if the time is up before.
  [[nodiscard]] bool wait_idle(std::chrono::milliseconds timeout);
  [[nodiscard]] std::size_t in_flight() const;

  /// `FLOW` and chain of a run in flight, for messages: `flow 'x' of chain 'y'`; empty if it has ended.
  [[nodiscard]] std::string describe_step(std::uint64_t run, std::uint32_t step) const;

  /// The pool of the threads that continue runs, for work that must not be done on a foreign thread.
  [[nodiscard]] Executor& executor() noexcept { return executor_; }

 private:
  friend class Run;
  Result<Run*> admit(RunRequest&& request);
  /// Takes the run off the list and deletes it, calls `done`, and only then counts it as ended.
  void retire(Run& run, const std::function<void()>& done);
  Run* find(std::uint64_t run) const;

  std::atomic<std::uint64_t> next_id_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  Run* runs_ = nullptr;  // a list through the runs themselves
  std::size_t count_ = 0;
  bool closed_ = false;
  Executor executor_;
  Executor blocking_;
};

}  // namespace tenon::flow
