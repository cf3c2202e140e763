#include <utility>

#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {

std::uint64_t Strand::next_epoch(std::uint64_t bits) noexcept {
  // Only the driving thread begins epochs. What comes from elsewhere meanwhile is in the word that is returned.
  const std::uint64_t next = ((epoch() + 1) << kEpochShift) | bits;
  waiting_.store(Waiting::kNothing, std::memory_order_relaxed);
  const std::uint64_t last = word_.exchange(next);
  // An interrupt that came before is not lost with its epoch; one that comes now finds this epoch.
  if (stop_.load() != 0) word_.fetch_or(kInterrupted);
  return last;
}

bool Strand::suspend(Waiting waiting, Stage stage) {
  stage_ = stage;
  waiting_.store(waiting, std::memory_order_relaxed);
  since_.store(run_.engine_.clock->now().time_since_epoch().count(), std::memory_order_relaxed);
  // A run that is taken up needs its locks whatever is to become of it.
  const bool needs_lock = waiting == Waiting::kLock && run_.history_ != nullptr;
  const bool cut_short = direction() != Direction::kUndo && !needs_lock;
  bool graced = false;
  std::uint64_t word = word_.load();
  while (true) {
    if (phase_of(word) == Phase::kWoken) return false;
    if (waiting == Waiting::kAnswer || waiting == Waiting::kLateAnswer) {
      if (!graced && ((word & kExpired) != 0 || ((word & kInterrupted) != 0 && cut_short))) {
        graced = true;
        arm_grace(epoch_of(word));
      }
    } else if ((word & kInterrupted) != 0 && cut_short && waiting != Waiting::kCommit && waiting != Waiting::kPaused &&
               waiting != Waiting::kRecovery) {
      return false;
    }
    const std::uint64_t next = (word & ~kPhaseMask) | static_cast<std::uint64_t>(Phase::kSuspended);
    if (word_.compare_exchange_weak(word, next)) return true;
  }
}

bool Strand::wake(std::uint64_t of_epoch, std::uint64_t bits) {
  std::uint64_t word = word_.load();
  while (true) {
    const Phase phase = phase_of(word);
    if (epoch_of(word) != of_epoch || phase == Phase::kWoken || phase == Phase::kAbandoned) return false;
    const std::uint64_t next = (word & ~kPhaseMask) | static_cast<std::uint64_t>(Phase::kWoken) | bits;
    if (!word_.compare_exchange_weak(word, next)) continue;
    if (phase == Phase::kSuspended) post();
    return true;
  }
}

void Strand::post() {
  // The run is in flight, or kept by the flow that was given up, as long as a strand of it is woken.
  run_.engine_.executor.post([this] { Run::drive(this); });
}

void Strand::expire(std::uint64_t of_epoch) {
  std::uint64_t word = word_.load();
  do {
    if (epoch_of(word) != of_epoch || phase_of(word) == Phase::kWoken || phase_of(word) == Phase::kAbandoned) return;
  } while (!word_.compare_exchange_weak(word, word | kExpired));
  if (phase_of(word) == Phase::kSuspended) arm_grace(of_epoch);
}

void Strand::arm_grace(std::uint64_t of_epoch) {
  const StepPolicy* at = policy();
  const std::chrono::milliseconds grace = at != nullptr ? at->grace : StepPolicy{}.grace;
  run_.engine_.clock->at(run_.engine_.clock->now() + grace,
                         [run = RunRef(&run_), this, of_epoch] { grace_over(of_epoch); });
}

void Strand::grace_over(std::uint64_t of_epoch) {
  std::uint64_t word = word_.load();
  do {
    if (epoch_of(word) != of_epoch || phase_of(word) != Phase::kSuspended) return;
  } while (!word_.compare_exchange_weak(word, (word & ~kPhaseMask) | static_cast<std::uint64_t>(Phase::kAbandoned)));
  run_.engine_.executor.post([run = RunRef(&run_), this] { run->abandon(*this); });
}

void Strand::interrupt(Stop reason) {
  stop_.fetch_or(reason);
  const std::uint64_t word = word_.fetch_or(kInterrupted);
  // What the word says is waited for is an undo, if it is one by now: that is not cut short.
  if (phase_of(word) != Phase::kSuspended || direction() == Direction::kUndo) return;
  switch (waiting_.load(std::memory_order_relaxed)) {
    case Waiting::kAnswer: arm_grace(epoch_of(word)); break;
    case Waiting::kLock:
      if (run_.history_ == nullptr) wake(epoch_of(word), 0);
      break;
    case Waiting::kConcurrency:
    case Waiting::kBackoff: wake(epoch_of(word), 0); break;
    case Waiting::kBranches:
      for (const auto& branch : branches_->strands) branch->interrupt(kParentStopped);
      break;
    case Waiting::kNothing:
    case Waiting::kGrace:
    case Waiting::kCommit:
    case Waiting::kPaused:
    case Waiting::kRecovery:
    case Waiting::kLateAnswer: break;
  }
}

Strand::Wait& Strand::wait() {
  if (!wait_) wait_ = std::make_unique<Wait>();
  return *wait_;
}

void Strand::set_wait_name(std::string name) {
  Wait& at = wait();
  std::lock_guard lock(run_.mutex_);
  at.name = std::move(name);
}

void Strand::arm_timeout(std::chrono::milliseconds timeout) {
  if (timeout.count() <= 0) return;
  const std::uint64_t now = epoch_of(next_epoch()) + 1;
  wait().timer =
      run_.engine_.clock->at(run_.engine_.clock->now() + timeout, [run = RunRef(&run_), this, now] { expire(now); });
}

void Strand::disarm() {
  if (wait_->timer != 0) run_.engine_.clock->cancel(std::exchange(wait_->timer, 0));
  if (!wait_->permit.empty()) run_.engine_.permits.give_back(std::exchange(wait_->permit, {}), run_.id_);
}

bool Strand::claim_lock(std::size_t lock) {
  const std::string& name = run_.locks_[lock];
  const std::uint64_t now = epoch_of(next_epoch()) + 1;
  // Whether it is woken or not, the place is the run's until its end.
  auto granted = [run = RunRef(&run_), this, now] { wake(now, kGranted); };
  if (run_.engine_.permits.claim(name, run_.asked_[lock], std::move(granted))) return true;
  set_wait_name(name);
  if (run_.observer_) run_.observer_->step_waits(run_.id_, step_index(), Waiting::kLock, name);
  return false;
}

bool Strand::take_permit(const std::string& name, std::uint32_t limit) {
  const std::uint64_t now = epoch_of(next_epoch()) + 1;
  set_wait_name(name);
  Permits& permits = run_.engine_.permits;
  auto granted = [run = RunRef(&run_), this, now, name] {
    if (!wake(now, kGranted)) run->engine_.permits.give_back(name, run->id_);
  };
  if (permits.take(name, limit, run_.id_, std::move(granted), wait_->request)) return true;
  if (run_.observer_) run_.observer_->step_waits(run_.id_, step_index(), Waiting::kConcurrency, name);
  return false;
}

bool Strand::permit_granted(std::uint64_t word) {
  if (run_.observer_) run_.observer_->step_waits(run_.id_, step_index(), Waiting::kNothing, {});
  if ((word & kGranted) != 0) return true;
  // Woken by something else. If the place comes just now, who brings it finds the epoch gone and gives it back.
  run_.engine_.permits.withdraw(wait_->name, wait_->request);
  return false;
}

}  // namespace tenon::flow
