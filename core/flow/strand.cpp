#include "flow/strand.h"

#include <tenon/log.h>

#include <exception>
#include <utility>

#include "flow/data_view.h"
#include "flow/driving.h"
#include "flow/run.h"

namespace tenon::flow {

Strand::Strand(Run& run, Strand* parent, OpRange ops) : run_(run), parent_(parent), pc_(ops.begin), end_(ops.end) {}

const ChainStep& Strand::step() const { return run_.chain_->steps[step_index()]; }

const StepPolicy* Strand::policy() const { return step().policy.get(); }

Strand* Strand::drive() {
  Next next = resume();
  while (true) {
    while (next == Next::kOn) next = undoing_ ? undo() : forward();
    if (next == Next::kSuspended) return nullptr;
    if (parent_ != nullptr || run_.journal_ == nullptr || closed_) break;
    next = record_end(next == Next::kFailed);
  }
  const bool failed = next == Next::kFailed;
  if (parent_ != nullptr) {
    if (!failed) error_.reset();  // of an attempt that was followed by a better one
    return parent_->branch_ended(failed, *this);
  }
  run_.ended(*this, failed);
  return nullptr;
}

Strand::Next Strand::resume() {
  switch (stage_) {
    case Stage::kBegin: return run_.history_ == nullptr && parent_ == nullptr ? record_start() : take_locks();
    case Stage::kLocks: return resume_locks();
    case Stage::kCall: return resume_call();
    case Stage::kAgain: return resume_again();
    case Stage::kJoin: return join();
    case Stage::kUnanswered: return go_on_without_answer();
    case Stage::kAnswered:
      answer_ = elsewhere_;
      expired_ = (next_epoch() & kExpired) != 0;
      return answered();
    case Stage::kLateAnswer: answered_late(); return Next::kSuspended;
    case Stage::kLateUndone:
      answer_ = elsewhere_;
      next_epoch();
      undone_late();
      return Next::kSuspended;
    case Stage::kRecorded: return resume_recorded();
    case Stage::kReleased: next_epoch(); return begin_recovered();
    case Stage::kPaused: return resume_paused();
  }
  return Next::kSuspended;
}

Strand::Next Strand::take_locks() {
  while (run_.locked_ < run_.locks_.size()) {
    if (!claim_lock(run_.locked_)) {
      return suspend(Waiting::kLock, Stage::kLocks) ? Next::kSuspended : resume_locks();
    }
    ++run_.locked_;
  }
  if (parent_ == nullptr && run_.history_) return take_up();
  // It may have been stopped before it began. What it had done before it was taken up is found first.
  return stopped() && !replaying_ ? turn_back(stop_error()) : Next::kOn;
}

Strand::Next Strand::resume_locks() {
  const bool granted = (next_epoch() & kGranted) != 0;
  if (run_.observer_) run_.observer_->step_waits(run_.id_, step_index(), Waiting::kNothing, {});
  if (granted) ++run_.locked_;
  if (!stopped() || run_.history_) return take_locks();  // what is to be undone needs its locks
  ErrorCode error = stop_error();
  if (run_.locked_ < run_.locks_.size()) {
    const std::string& name = run_.locks_[run_.locked_];
    std::string holders;
    for (const std::uint64_t run : run_.engine_.permits.holders(name)) {
      holders.append(holders.empty() ? "" : ", ").append(run_name(run));
    }
    error.details.append(error.details.empty() ? "" : ", ")
        .append("while it waited for the lock '" + name + "', held by " + holders);
    error.elaboration.emplace("lock", name);
  }
  return turn_back(std::move(error));
}

Strand::Next Strand::resume_call() {
  const bool granted = permit_granted(next_epoch());
  if (granted) wait_->permit = wait_->name;
  if (direction() == Direction::kUndo || !stopped()) return call();
  disarm();
  return turn_back(stop_error());
}

Strand::Next Strand::resume_again() {
  next_epoch();
  if (run_.observer_) run_.observer_->step_waits(run_.id_, step_index(), Waiting::kNothing, {});
  if (undoing_ || !stopped()) return Next::kOn;
  ErrorCode error = stop_error();
  if (error_) error.causes.push_back(std::move(*error_));
  return turn_back(std::move(error));
}

bool Strand::run_plain_steps() {
  const Chain& chain = *run_.chain_;
  RunObserver* const observer = run_.observer_.get();
  direction_.store(Direction::kForward, std::memory_order_relaxed);
  attempt_.store(1, std::memory_order_relaxed);
  expired_ = false;
  injected_ = false;
  const DrivingScope scope(this);
  while (pc_ != end_ && chain.ops[pc_].kind == Op::Kind::kStep) {
    const std::uint32_t index = chain.ops[pc_].index;
    const ChainStep& at = chain.steps[index];
    if (!at.plain) return false;
    step_.store(index, std::memory_order_relaxed);
    if (observer != nullptr) observer->step_begun(run_.id_, index, Direction::kForward, 1);
    answer_ = Answer::kNone;
    try {
      at.flow->run(FlowStep(*this, {run_.id_, index, 1}));
    } catch (...) {
      note_exception(current_error());
    }
    if (answer_ != Answer::kNext || thrown_ || observer != nullptr) return true;
    if (!at.writable.empty() && !missing_write().empty()) return true;
    if (!pending_.empty()) merge_pending();
    done_.push_back({index, parent_ != nullptr ? run_.sequence_.fetch_add(1, std::memory_order_relaxed) : 0});
    ++pc_;
    if (stopped() || run_.paused_.load(std::memory_order_relaxed)) return false;
  }
  return false;
}

Strand::Next Strand::forward() {
  if (replaying_) return replay();
  if (again_) {
    again_ = false;
    attempt_.store(attempt_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return attempt();
  }
  if (run_.extras_ == nullptr && run_.journal_ == nullptr && !run_.paused_.load(std::memory_order_relaxed)) {
    if (run_plain_steps()) return called();
    if (stopped()) return turn_back(stop_error());
  }
  if (pc_ == end_) return Next::kSucceeded;
  const Op op = run_.chain_->ops[pc_];
  switch (op.kind) {
    case Op::Kind::kStep: return begin_step(op.index);
    case Op::Kind::kCheck: return begin_check(op.index);
    case Op::Kind::kOpen:
      ++pc_;
      open_scope(op.index);
      return Next::kOn;
    case Op::Kind::kClose:
      ++pc_;
      close_scope();
      return stopped() ? turn_back(stop_error()) : Next::kOn;
    case Op::Kind::kParallel: return spawn(op.index);
  }
  return Next::kFailed;
}

Strand::Next Strand::begin_step(std::uint32_t index) {
  step_.store(index, std::memory_order_relaxed);
  direction_.store(Direction::kForward, std::memory_order_relaxed);
  attempt_.store(1, std::memory_order_relaxed);
  if (pauses()) return Next::kSuspended;
  const ChainStep& at = run_.chain_->steps[index];
  try {
    const DataView view(*this, {run_.id_, index, 1});
    if (skips(at, view)) return skip();
    if (run_.extras_ && run_.extras_->before_step) {
      if (std::optional<ErrorCode> refused = run_.extras_->before_step(view)) {
        return step_failed(*std::move(refused), false);
      }
    }
  } catch (...) {
    return step_failed(current_error(), false);
  }
  pending_.clear();  // what was read from JSON meanwhile

  return attempt();
}

Strand::Next Strand::attempt() {
  const std::optional<Injection>* injection = run_.extras_ ? &run_.extras_->injection : nullptr;
  injected_ = injection != nullptr && *injection && (*injection)->step == step_index();
  if (!injected_ || (*injection)->when != Injection::When::kBefore) return enter();
  if (run_.observer_) {
    run_.observer_->step_begun(run_.id_, step_index(), Direction::kForward, attempt_.load(std::memory_order_relaxed));
  }
  return step_failed(make_error("FLOW.1020", "a failure was injected", "before the flow"), true);
}

Strand::Next Strand::begin_check(std::uint32_t index) {
  step_.store(index, std::memory_order_relaxed);
  direction_.store(Direction::kCheck, std::memory_order_relaxed);
  attempt_.store(1, std::memory_order_relaxed);
  injected_ = false;
  const ChainStep& at = run_.chain_->steps[index];
  try {
    const DataView view(*this, {run_.id_, index, 1});
    if (skips(at, view)) {
      ++pc_;
      return Next::kOn;
    }
  } catch (...) {
    return step_failed(current_error(), false);
  }
  pending_.clear();
  return call();
}

Strand::Next Strand::skip() {
  pending_.clear();
  if (run_.observer_) run_.observer_->step_skipped(run_.id_, step_index());
  ++pc_;
  return Next::kOn;
}

Strand::Next Strand::enter() {
  const StepPolicy* at = policy();
  if (at == nullptr || !at->concurrency) return call();
  Result<std::string> name = permit_name(at->concurrency->key);
  if (!name) return undoing_ ? call() : step_failed(std::move(name).error(), false);
  if (take_permit(*name, at->concurrency->limit)) {
    wait_->permit = *std::move(name);
    return call();
  }
  return suspend(Waiting::kConcurrency, Stage::kCall) ? Next::kSuspended : resume_call();
}

Strand::Next Strand::call() {
  call_flow();
  return called();
}

Strand::Next Strand::called() {
  if (answer_ == Answer::kNone) {
    if (suspend(Waiting::kAnswer, Stage::kAnswered)) return Next::kSuspended;
    answer_ = elsewhere_;
    expired_ = (next_epoch() & kExpired) != 0;
  } else if (wait_ || injected_) {
    expired_ = (next_epoch() & kExpired) != 0;
  }
  return answered();
}

void Strand::call_flow() {
  const ChainStep& at = step();
  const Direction to = direction();
  const std::uint32_t attempt = attempt_.load(std::memory_order_relaxed);
  if (run_.observer_) run_.observer_->step_begun(run_.id_, step_index(), to, attempt);
  answer_ = Answer::kNone;
  expired_ = false;
  if (injected_ && to == Direction::kForward && run_.extras_->injection->when == Injection::When::kTimeout) {
    next_epoch(kExpired);
  } else if (at.policy && !moved_on_) {
    arm_timeout(to == Direction::kUndo ? at.policy->undo_timeout : at.policy->timeout);
  }
  const StepTicket ticket{run_.id_, step_index(), attempt};
  const DrivingScope scope(this);
  try {
    switch (to) {
      case Direction::kForward:
        if (at.side == StepSide::kRun) {
          at.flow->run(FlowStep(*this, ticket));
        } else {
          static_cast<const ReleasableFlow*>(at.flow)->release(FlowStep(*this, ticket));
        }
        break;
      case Direction::kUndo: at.flow->rollback(FlowStep(*this, ticket)); break;
      case Direction::kCheck: at.flow->pre_check(FlowStep(*this, ticket)); break;
    }
  } catch (...) {
    note_exception(current_error());
  }
}

Strand::Next Strand::answered() {
  if (wait_) disarm();
  switch (direction()) {
    case Direction::kForward: return answered_forward();
    case Direction::kUndo: return answered_undo();
    case Direction::kCheck: break;
  }
  if (!succeeded()) return step_failed(take_failure(), false);
  if (expired_) return step_failed(make_error("FLOW.1005", "the time is up", "of a check"), false);
  pending_.clear();
  if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), Direction::kCheck, nullptr);
  ++pc_;
  return stopped() ? turn_back(stop_error()) : Next::kOn;
}

Strand::Next Strand::answered_forward() {
  if (succeeded() && !expired_ && !injected_) return commit();
  if (answer_ == Answer::kSkipRest) {
    failure_ =
        std::make_unique<ErrorCode>(make_error("FLOW.1018", "only a rollback may skip the rest of the rollbacks"));
  }
  if (!injected_ && !expired_) return step_failed(take_failure(), true);
  ErrorCode error;
  if (injected_) {
    error = make_error("FLOW.1020", "a failure was injected", expired_ ? "by time-out" : "after the flow");
    injected_ = false;
  } else {
    const auto limit = policy()->timeout.count();
    error = make_error("FLOW.1005", "the time is up", "it had " + std::to_string(limit) + " ms");
  }
  if (!succeeded()) error.causes.push_back(take_failure());
  return step_failed(std::move(error), true);
}

Strand::Next Strand::commit() {
  if (!step().writable.empty()) {
    if (const std::string_view missing = missing_write(); !missing.empty()) {
      return step_failed(
          make_error("FLOW.1017", "a flow did not write what it declares that it writes", std::string(missing)), true);
    }
  }
  return run_.journal_ != nullptr ? record_done() : committed();
}

Strand::Next Strand::committed() {
  merge_pending();
  note_begun();
  if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), Direction::kForward, nullptr);
  ++pc_;
  return stopped() ? turn_back(stop_error()) : Next::kOn;
}

Strand::Next Strand::step_failed(ErrorCode&& error, bool begun) {
  transacted_ = false;
  pending_.clear();
  failure_.reset();
  thrown_.reset();
  locate(error);
  if (directive_) tell_directed(&error);
  if (const std::uint32_t attempt = attempt_.load(std::memory_order_relaxed); attempt > 1) {
    error.elaboration.try_emplace("attempts", std::to_string(attempt));
  }
  if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), direction(), &error);
  if (begun) note_begun();
  if (stopped()) {
    ErrorCode stop = stop_error();
    stop.causes.push_back(std::move(error));
    return turn_back(std::move(stop));
  }
  const StepPolicy* at = policy();
  const bool again = begun && at != nullptr && attempt_.load(std::memory_order_relaxed) < at->retry.attempts &&
                     at->retry.worth(error.code) && !run_.has_given_up_.load(std::memory_order_relaxed) && !replaying_;
  if (!again) return turn_back(std::move(error));

  error_ = std::make_unique<ErrorCode>(std::move(error));
  if (!at->retry.undo_between || step().side == StepSide::kRelease) {
    return retry_step(at->retry, attempt_.load(std::memory_order_relaxed));
  }
  goal_ = Goal::kRetryStep;
  attempts_made_ = attempt_.load(std::memory_order_relaxed);
  undoing_ = true;
  undo_attempt_ = 1;
  undo_target_ = done_.size() - 1;
  return Next::kOn;
}

}  // namespace tenon::flow
