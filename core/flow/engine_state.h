#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "flow/engine.h"
#include "flow/permits.h"

namespace tenon::flow {

/// What runs need of their engine.
struct Engine::State {
  explicit State(const EngineOptions& options);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// The run has ended, and its caller was told. `goes`: it is to be forgotten, as no flow of it is out; it may be gone
  /// afterwards.
  void ended(Run& run, bool goes);
  /// A run that has ended is no longer waited for by flows that were given up.
  void forget(Run& run);
  /// A flow was given up, or one that was has answered.
  void count_given_up(int change);

  /// The runs, found by their ids.
  struct Runs;

  std::atomic<std::uint64_t> next_id;
  const std::shared_ptr<Clock> clock;
  Journal* const journal;
  Transactions* const transactions;
  Permits permits;
  /// Held while a run that needs locks gets its id and its places in all their queues: so in each queue ids go up, runs
  /// do not wait for one another in a circle, and after a crash it is known who of two runs held a lock: the older one.
  std::mutex order;
  mutable std::mutex mutex;
  std::condition_variable idle;
  const std::unique_ptr<Runs> runs;  // under the mutex, as are those below
  std::size_t in_flight = 0;
  std::size_t given_up = 0;
  bool closed = false;
  /// Locks that are kept for runs which are not taken up yet, and the requests for them; 0 once one is granted.
  std::map<std::uint64_t, std::vector<std::pair<std::string, Permits::Request>>> held;
  Executor executor;
  Executor blocking;
};

}  // namespace tenon::flow
