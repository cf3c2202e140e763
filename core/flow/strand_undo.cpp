#include <tenon/log.h>

#include <algorithm>
#include <random>
#include <utility>

#include "flow/driving.h"
#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {
namespace {

/// So long a wait for the next attempt is kept across a restart.
constexpr std::chrono::milliseconds kRecordedWait{1000};

double chance() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

Strand::Next Strand::turn_back(ErrorCode&& error) {
  locate(error);
  replaying_ = false;
  retry_scope_ = retrying_scope(error);
  error_ = std::make_unique<ErrorCode>(std::move(error));
  while (static_cast<int>(scopes_.size()) > retry_scope_ + 1) close_scope();
  again_ = false;
  undo_attempt_ = 1;
  if (retry_scope_ >= 0) {
    goal_ = Goal::kRetryScope;
    undo_target_ = scopes_[static_cast<std::size_t>(retry_scope_)].mark;
    // A step that is recorded as done, but was being undone, must not be gone on from after a crash.
    if (run_.journal_ != nullptr && run_.chain_->recovery == Recovery::kResume && done_.size() > undo_target_) {
      return record_back();
    }
  } else {
    goal_ = Goal::kFail;
    undo_target_ = 0;
    if (parent_ != nullptr) return Next::kFailed;  // what it has done is undone with what its siblings have
    if (run_.journal_ != nullptr && !turned_ && !done_.empty()) return record_turn();
  }
  undoing_ = true;
  return Next::kOn;
}

int Strand::retrying_scope(const ErrorCode& error) const {
  if (owes_ || (stop_.load(std::memory_order_relaxed) & (kCancelled | kParentStopped)) != 0) return -1;
  if (run_.history_ && run_.history_->course() != RecoveredRun::Course::kResume) return -1;
  if (run_.has_given_up_.load(std::memory_order_relaxed)) return -1;  // it might still be at work on what is made anew
  std::size_t usable = 0;
  while (usable < scopes_.size() && !run_.timed_out(scopes_[usable].serial)) ++usable;
  for (std::size_t i = usable; i-- > 0;) {
    const RetryPolicy& retry = run_.chain_->scopes[scopes_[i].scope].policy.retry;
    if (scopes_[i].attempt < retry.attempts && retry.worth(error.code)) return static_cast<int>(i);
  }
  return -1;
}

ErrorCode Strand::stop_error() const {
  const std::uint8_t stop = stop_.load(std::memory_order_relaxed);
  if ((stop & kCancelled) != 0) return make_error("FLOW.1004", "the run was cancelled");
  if ((stop & kParentStopped) != 0) return make_error("FLOW.1023", "a branch was stopped with its siblings");
  for (const OpenScope& open : scopes_) {
    if (!run_.timed_out(open.serial)) continue;
    const Scope& scope = run_.chain_->scopes[open.scope];
    return make_error("FLOW.1005", "the time is up",
                      (scope.name.empty() ? "chain '" + run_.chain_->name : "sub-chain '" + scope.name) + "' had " +
                          std::to_string(scope.policy.timeout.count()) + " ms");
  }
  return make_error("FLOW.1005", "the time is up");
}

void Strand::open_scope(std::uint32_t index) {
  const Scope& scope = run_.chain_->scopes[index];
  OpenScope open;
  open.scope = index;
  open.mark = done_.size();
  if (scope.policy.timeout.count() > 0) {
    open.serial = run_.note_timed_scope(*this);
    open.timer = run_.engine_.clock->at(run_.engine_.clock->now() + scope.policy.timeout,
                                        [run = RunRef(&run_), serial = open.serial] { run->scope_expired(serial); });
  }
  scopes_.push_back(open);
}

void Strand::close_scope() {
  const OpenScope closed = scopes_.back();
  scopes_.pop_back();
  if (closed.serial == 0) return;
  // A time that comes up at the very end of its scope is up only if it was seen within.
  run_.forget_timed_scope(*this, closed.serial);
  next_epoch();  // what it interrupted is over
  run_.engine_.clock->cancel(closed.timer);
}

bool Strand::undo_plain_steps() {
  const Chain& chain = *run_.chain_;
  if (run_.observer_ || run_.has_given_up_.load(std::memory_order_relaxed)) return false;
  direction_.store(Direction::kUndo, std::memory_order_relaxed);
  attempt_.store(1, std::memory_order_relaxed);
  expired_ = false;
  const DrivingScope scope(this);
  while (done_.size() > undo_target_) {
    const std::uint32_t index = done_.back().step;
    const ChainStep& at = chain.steps[index];
    if (!at.plain) return false;
    step_.store(index, std::memory_order_relaxed);
    answer_ = Answer::kNone;
    try {
      at.flow->rollback(FlowStep(*this, {run_.id_, index, 1}));
    } catch (...) {
      note_exception(current_error());
    }
    if (answer_ != Answer::kNext || thrown_) return true;
    pending_.clear();
    pop_done();
  }
  return false;
}

Strand::Next Strand::undo() {
  if (undo_attempt_ == 1 && run_.journal_ == nullptr && undo_plain_steps()) return called();
  if (done_.size() <= undo_target_) return turned();
  step_.store(done_.back().step, std::memory_order_relaxed);
  direction_.store(Direction::kUndo, std::memory_order_relaxed);
  attempt_.store(undo_attempt_, std::memory_order_relaxed);
  if (pauses()) return Next::kSuspended;
  return enter();
}

Strand::Next Strand::answered_undo() {
  pending_.clear();
  if (answer_ == Answer::kSkipRest && !thrown_) {
    return record_undone(JournalRecord::Kind::kRestSkipped, Recording::kRestSkipped);
  }
  if (!succeeded()) return undo_failed(take_failure(), true);
  if (expired_) {
    const auto limit = policy()->undo_timeout.count();
    return undo_failed(make_error("FLOW.1005", "the time is up", "it had " + std::to_string(limit) + " ms"), true);
  }
  return record_undone(JournalRecord::Kind::kUndone, Recording::kUndone);
}

Strand::Next Strand::undo_failed(ErrorCode&& error, bool again) {
  transacted_ = false;
  locate(error);
  failure_.reset();
  thrown_.reset();
  const StepPolicy* at = policy();
  if (again && at != nullptr && undo_attempt_ < at->undo_attempts) {
    if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), Direction::kUndo, &error);
    return back_off(at->retry, undo_attempt_++);
  }
  ErrorCode debt = make_error("FLOW.1006", "an undo failed; what its flow made may be left", step().name);
  debt.causes.push_back(std::move(error));
  locate(debt);
  describe_debt(debt);
  log::error("an undo failed", {{"run", run_name(run_.id_)},
                                {"chain", run_.chain_->name},
                                {"flow", step().name},
                                {"error", debt.causes.front().to_string()}});
  debt_ = std::make_unique<ErrorCode>(std::move(debt));
  return record_undo_failed();
}

Strand::Next Strand::turned() {
  if (goal_ == Goal::kFail) return Next::kFailed;
  if (goal_ == Goal::kReplay) return undone_before_replay();
  if (owes_) return turn_back(std::move(*error_));  // what a failed undo left must not be built upon
  if (stopped()) {
    ErrorCode stop = stop_error();
    stop.causes.push_back(std::move(*error_));
    return turn_back(std::move(stop));
  }
  direction_.store(Direction::kForward, std::memory_order_relaxed);
  undoing_ = false;
  if (goal_ == Goal::kRetryStep) {
    again_ = true;
    attempt_.store(attempts_made_, std::memory_order_relaxed);
    return retry_step(policy()->retry, attempts_made_);
  }
  OpenScope& scope = scopes_[static_cast<std::size_t>(retry_scope_)];
  const Scope& definition = run_.chain_->scopes[scope.scope];
  log::info("a part of a chain is tried again",
            {{"run", run_name(run_.id_)},
             {"chain", definition.name.empty() ? run_.chain_->name : definition.name},
             {"error", error_->to_string()}});
  pc_ = definition.ops.begin;
  return back_off(definition.policy.retry, scope.attempt++);
}

Strand::Next Strand::back_off(const RetryPolicy& retry, std::uint32_t failed) {
  return wait_for(retry.wait(failed, chance()));
}

Strand::Next Strand::retry_step(const RetryPolicy& retry, std::uint32_t failed) {
  again_ = true;
  retry_wait_ = retry.wait(failed, chance());
  if (run_.journal_ == nullptr || retry_wait_ < kRecordedWait) return wait_for(retry_wait_);
  JournalRecord waits;
  waits.kind = JournalRecord::Kind::kRetry;
  waits.step = step_index();
  waits.attempt = failed;
  waits.error = error_.get();
  waits.wait = retry_wait_;
  return record(waits, Recording::kRetry);
}

Strand::Next Strand::wait_for(std::chrono::milliseconds time) {
  if (time.count() <= 0) return Next::kOn;
  const std::uint64_t waiting = epoch_of(next_epoch()) + 1;
  if (run_.observer_) {
    run_.observer_->step_waits(run_.id_, step_index(), Waiting::kBackoff, std::to_string(time.count()) + " ms");
  }
  run_.engine_.clock->at(run_.engine_.clock->now() + time,
                         [run = RunRef(&run_), this, waiting] { wake(waiting, kGranted); });
  return suspend(Waiting::kBackoff, Stage::kAgain) ? Next::kSuspended : resume_again();
}

void Strand::note_begun() {
  const std::uint32_t index = step_index();
  if (step().side == StepSide::kRelease) return;             // there is nothing to bring back
  if (!done_.empty() && done_.back().step == index) return;  // tried again without an undo
  const std::uint32_t order = parent_ != nullptr ? run_.sequence_.fetch_add(1, std::memory_order_relaxed) : 0;
  done_.push_back({index, order});
}

void Strand::pop_done() {
  const std::uint32_t index = done_.back().step;
  done_.pop_back();
  undo_attempt_ = 1;
  // What an undone step wrote is gone: the flows before it see the data as it was when they had answered.
  if (merged_) {
    std::erase_if(data_, [&](const DataEntry& entry) { return entry.step == static_cast<std::int32_t>(index); });
  } else {
    while (!data_.empty() && data_.back().step == static_cast<std::int32_t>(index)) data_.pop_back();
  }
  if (run_.has_given_up_.load(std::memory_order_relaxed)) run_.undo_over(index);
}

void Strand::skip_rest_of_undo() {
  while (!done_.empty()) pop_done();
  undo_target_ = 0;
  owes_ = true;
  rest_skipped_ = true;
  goal_ = Goal::kFail;
}

}  // namespace tenon::flow
