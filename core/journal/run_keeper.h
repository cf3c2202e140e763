#pragma once

#include <tenon/error.h>
#include <tenon/value.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/engine.h"
#include "journal/actions.h"
#include "journal/debt_payer.h"
#include "journal/recorded_chains.h"
#include "journal/recovery.h"
#include "journal/retention.h"
#include "store/connection_pool.h"
#include "store/store.h"

namespace tenon::journal {

struct KeeperOptions {
  std::int64_t node = 0;
  /// Makes a chain again of its definition's text: `flow::chain_from_definition`.
  std::function<Result<std::shared_ptr<const flow::Chain>>(std::string_view text)> chain;
  /// Watches a run that is taken up; null: nobody.
  std::function<std::shared_ptr<flow::RunObserver>(std::uint64_t run, const flow::Chain& chain)> observer = {};
  /// Told how a run ended that was taken up.
  std::function<void(const flow::RunResult&)> ended = {};
  /// A run that has been interrupted more often is parked.
  std::uint32_t most_recoveries = 3;
  /// So many runs are recovered at once; of them those that name the same resource in a limit (`concurrency`) of their
  /// chain are no more than that limit.
  std::size_t at_once = 64;
  /// Which runs that have ended are kept; looked at every `sweep_interval`.
  RetentionPolicy retention = {};
  std::chrono::milliseconds sweep_interval = std::chrono::minutes(10);
};

/// What an operator asks of one run, and who and why.
struct RunOrder {
  std::uint64_t run = 0;
  Verb verb = Verb::kCancel;
  std::string who;
  std::string why;
  /// Of kSkipStep and kMarkDone.
  std::uint32_t step = 0;
  /// Of kMarkDone: what the step would have written.
  std::vector<std::pair<std::string, Json>> data = {};
};

/// One undo that a cancel would call.
struct PreviewedUndo {
  std::uint32_t step = 0;
  std::string flow;
  std::string plugin;
  /// It is not recorded as done: it may be at work.
  bool perhaps_begun = false;
  bool has_undo = true;
};

struct KeeperState {
  std::size_t recovering = 0;
  std::size_t parked = 0;
  std::size_t debts_at_work = 0;
};

/// Keeps runs and debts of the store going: takes up what another process left, parks what can't be taken up, does what
/// operators say, and pays debts. Any thread; each call but `state` and `event` blocks on the store, whose errors it
/// returns.
class RunKeeper {
 public:
  /// All that is given must outlive it.
  RunKeeper(store::Store& store, flow::Engine& engine, KeeperOptions options);
  /// After `stop`.
  ~RunKeeper();
  RunKeeper(const RunKeeper&) = delete;
  RunKeeper& operator=(const RunKeeper&) = delete;

  /// Claims and counts the runs that others left, and queues them for their locks: what is started after this returns
  /// comes after them. Parked runs keep their locks. Then runs go on, and debts are paid, on other threads. How many
  /// were taken up.
  Result<std::size_t> take_up();
  /// From now on nothing is taken up and no debt is tried. Returns when nobody is at it.
  void stop();

  /// Does what is asked, once it is recorded. Errors: JOURNAL.1001 no such run; JOURNAL.1007 it is not in a state for
  /// it, with that state; JOURNAL.1009 it waits for the store; FLOW.1041–1043 of steps.
  Result<void> order(const RunOrder& order);
  /// What `order` would say now, but for errors of the store, without doing it.
  [[nodiscard]] Result<void> may_order(const RunOrder& order);
  /// What a cancel of the run, as it is recorded now, would undo, in that order.
  Result<std::vector<PreviewedUndo>> preview_cancel(std::uint64_t run);

  /// Tries a debt now, whatever its time. JOURNAL.1008 if there is no open one of this key.
  Result<void> retry_debt(std::string_view key, std::string_view who, std::string_view why);
  /// Takes an operator's word that nothing is left. JOURNAL.1008 as above.
  Result<void> settle_debt(std::string_view key, std::string_view who, std::string_view why);
  /// Something has happened (`kvm.connected:URI`): debts that wait for it are tried now, or when the store is back.
  /// Returns at once.
  void event(std::string name);

  /// Plugins have come or gone: runs that are parked as something was missing are tried again. Returns at once.
  void plugins_changed();

  [[nodiscard]] KeeperState state() const;

 private:
  using Lease = store::ConnectionPool::Lease;
  using Limits = std::vector<std::pair<std::string, std::uint32_t>>;
  struct Queued {
    std::uint64_t run = 0;
    Limits limits;
  };

  Result<Lease> connection();
  /// Hands the run to the engine, or parks it with the reason.
  Result<void> admit(store::Connection& connection, const LiveRun& run);
  Result<void> park(store::Connection& connection, const LiveRun& run, const std::string& reason);
  Result<void> take_up_parked(std::uint64_t run);
  /// Whether the run is in a state for the order.
  Result<void> check(const RunOrder& order, const std::optional<flow::RunState>& state) const;
  /// Returns when it is in the run's record.
  Result<void> direct(std::uint64_t run, flow::Engine::Directive directive);
  [[nodiscard]] bool is_parked(std::uint64_t run) const;
  void ended(std::uint64_t run);
  /// Makes the thread look at what has changed.
  void look();
  /// [thread_]
  void work();
  /// [thread_] Takes up parked runs for which what was missing may be there by now.
  Result<void> try_parked(store::Connection& connection);
  /// [thread_] Lets as many go on as may; `more`: some, whatever else is at work.
  void release_some(bool more);

  const KeeperOptions options_;
  store::ConnectionPool pool_;
  flow::Engine& engine_;
  RecordedChains chains_;
  DebtPayer debts_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_set<std::uint64_t> parked_;
  /// Wait for their turn, in the order of their ids.
  std::deque<Queued> queue_;
  /// Let go on, and not at their end.
  std::map<std::uint64_t, Limits> at_work_;
  /// How many of those name each limit.
  std::unordered_map<std::string, std::uint32_t> in_use_;
  bool stopped_ = false;
  bool look_ = false;
  bool plugins_changed_ = false;
  std::thread thread_;
};

}  // namespace tenon::journal
