#pragma once

#include <atomic>
#include <boost/intrusive/unordered_set_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/engine.h"
#include "flow/engine_state.h"
#include "flow/run_history.h"
#include "flow/strand.h"

namespace tenon::flow {

class Run;
using RunRef = boost::intrusive_ptr<Run>;

struct RunIds {
  std::uint64_t run;
  /// The run whose things it works on: itself, but for what pays a debt.
  std::uint64_t owner;
};

/// One execution of a chain. Counted: kept by the engine while it is in flight, by each flow that was given up until it
/// answers, and by whoever may still come from elsewhere (timers, queued places).
class Run final : public boost::intrusive::unordered_set_base_hook<> {
 public:
  /// `journal`: null for a volatile run.
  Run(Engine::State& engine, RunIds ids, RunRequest&& request, std::vector<std::string> locks, Journal* journal);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Drives the run from its first step, on this thread.
  void begin();
  /// Queues for the locks of a run that another process began; it goes on when it has them and is released. `records`:
  /// how many there are of it.
  void take_up(std::unique_ptr<RunHistory> history, std::uint32_t records);
  void release();
  /// False if it has ended.
  bool cancel();
  bool pause();
  bool resume();
  Result<void> direct(Engine::Directive&& directive);
  [[nodiscard]] Result<void> may_direct(const Engine::Directive& directive);
  bool hurry();
  /// Whether nothing of it is at work: see Engine::only_standing.
  [[nodiscard]] bool stands(bool commits) const;

  /// Queues for its locks, before it begins. `held`: places that were asked for in its name before.
  void ask_for_locks(const std::vector<std::pair<std::string, Permits::Request>>& held);
  /// What it has got of them, and what it has only asked for.
  void give_back_locks();

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  /// Asked once, when the run has ended: whether flows that were given up are still out. Then the last of them makes
  /// the engine forget the run.
  [[nodiscard]] bool lingers();
  [[nodiscard]] RunState inspect() const;
  /// Nothing if its chain is not wanted, or no longer needed.
  [[nodiscard]] std::optional<RunState> inspect_if(const std::function<bool(const Chain& chain)>& wanted) const;
  /// `flow 'x' of chain 'y'`, or nothing.
  [[nodiscard]] std::string describe(std::uint32_t step) const;

  friend void intrusive_ptr_add_ref(Run* run) noexcept { run->references_.fetch_add(1, std::memory_order_relaxed); }
  friend void intrusive_ptr_release(Run* run) noexcept {
    if (run->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete run;
  }

 private:
  friend class Strand;
  /// What most runs have not.
  struct Extras {
    std::optional<Injection> injection;
    std::function<std::optional<ErrorCode>(const FlowData&)> before_step;
    std::string start_key;
  };

  struct TimedScope {
    std::uint64_t serial;
    Strand* strand;
    bool timed_out = false;
  };

  ~Run() = default;
  /// It is durable.
  void accept();
  /// Calls `act` for each strand that waits for this, until it returns false. Under the lock.
  void for_each_waiting(Waiting waiting, const std::function<bool(Strand&)>& act);
  /// Drives strands until there is nothing to do on this thread. The run may be gone afterwards.
  static void drive(Strand* strand);
  void ended(Strand& strand, bool failed);
  /// The time of a scope is up.
  void scope_expired(std::uint64_t serial);
  /// The flow of a suspended strand is given up: on a thread of the engine.
  void abandon(Strand& strand);
  void late(Strand& strand);
  /// Its step has been undone once more, or can't be: it is no longer needed.
  void forget(Strand& strand);
  /// After an undo of the step: a late answer that came meanwhile is looked at.
  void undo_over(std::uint32_t step);
  /// The strand that the directive is for. Under the lock.
  [[nodiscard]] Result<Strand*> strand_for(const Engine::Directive& directive);
  /// A scope with a time-out begins in the strand: its serial.
  std::uint64_t note_timed_scope(Strand& strand);
  /// The strand is no longer to stop for its sake.
  void forget_timed_scope(Strand& strand, std::uint64_t serial);
  /// False for serial 0.
  [[nodiscard]] bool timed_out(std::uint64_t serial) const;
  /// Under the lock.
  [[nodiscard]] RunState state() const;
  void inspect(const Strand& strand, RunState& state) const;

  Engine::State& engine_;
  const std::uint64_t id_;
  std::atomic<std::uint32_t> references_{1};  // the engine's
  std::atomic<std::uint32_t> sequence_{0};    // of ended steps, where branches are parallel
  std::atomic<std::uint32_t> records_{0};
  const std::uint64_t owner_;
  Journal* const journal_;
  std::shared_ptr<const Chain> chain_;
  std::shared_ptr<RunObserver> observer_;
  std::function<void(RunResult)> done_;
  std::function<void(std::uint64_t)> accepted_;
  std::unique_ptr<RunHistory> history_;
  std::atomic<bool> paused_{false};
  std::unique_ptr<Extras> extras_;
  std::vector<std::string> locks_;       // sorted
  std::vector<Permits::Request> asked_;  // for each of them
  std::atomic<std::size_t> locked_{0};   // how many of them it has claimed
  mutable std::mutex mutex_;
  Strand first_;
  Strand* main_ = &first_;  // until the run moves away from it
  std::vector<std::unique_ptr<Strand>> others_;
  /// Their strands have ended, but timers and places that come too late for them must find them.
  std::vector<std::unique_ptr<Branches>> joined_;
  std::vector<Strand*> given_up_;
  std::vector<TimedScope> timed_scopes_;
  std::uint64_t last_serial_ = 0;
  bool cancelled_ = false;
  bool ended_ = false;
  bool lingers_ = false;                   // it has ended, but for flows that were given up
  std::atomic<bool> has_given_up_{false};  // ever
};

/// A run's or step's id as people see it.
[[nodiscard]] std::string run_name(std::uint64_t id);

}  // namespace tenon::flow
