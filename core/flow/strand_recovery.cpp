#include <algorithm>
#include <mutex>
#include <utility>

#include "flow/data_view.h"
#include "flow/driving.h"
#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {

Strand::Next Strand::take_up() {
  next_epoch();
  const RunRef keep(&run_);  // who releases it may end it before this thread has let go of the lock
  std::lock_guard lock(run_.mutex_);
  if (!run_.history_->released() && suspend(Waiting::kRecovery, Stage::kReleased)) return Next::kSuspended;
  return begin_recovered();
}

Strand::Next Strand::begin_recovered() {
  const RunHistory& from = *run_.history_;
  if (!from.going_back().empty()) {
    data_.insert(data_.end(), from.data_before().begin(), from.data_before().end());
    for (const std::uint32_t step : from.going_back()) done_.push_back({step, 0});
    error_ = std::make_unique<ErrorCode>(from.error());
    merged_ = true;
    undoing_ = true;
    goal_ = Goal::kReplay;
    undo_target_ = 0;
    return Next::kOn;
  }
  if (from.course() != RecoveredRun::Course::kTurned) {
    replaying_ = true;
    return Next::kOn;
  }
  data_.insert(data_.end(), from.data().begin(), from.data().end());
  merged_ = true;
  for (const std::uint32_t step : from.done()) done_.push_back({step, 0});
  error_ = std::make_unique<ErrorCode>(from.error());
  turned_ = true;
  undoing_ = true;
  goal_ = Goal::kFail;
  undo_target_ = 0;
  return Next::kOn;
}

Strand::Next Strand::undone_before_replay() {
  if (owes_) run_.history_->undo_all(std::move(*error_));  // what a failed undo left must not be built upon
  std::erase_if(data_, [](const DataEntry& entry) { return entry.step >= 0; });
  undoing_ = false;
  replaying_ = true;
  return Next::kOn;
}

Strand::Next Strand::replay() {
  if (replay_until_ == kNotYet) replay_until_ = run_.history_->after_last_done(pc_, end_);
  const bool passed = pc_ < replay_until_;
  if (pc_ == end_) {
    replaying_ = false;
    return Next::kOn;
  }
  const Op op = run_.chain_->ops[pc_];
  switch (op.kind) {
    case Op::Kind::kStep: return replay_step(op.index);
    case Op::Kind::kCheck:
      if (!passed && run_.history_->course() == RecoveredRun::Course::kResume && !stopped() &&
          !skipped_again(op.index)) {
        replaying_ = false;
        note_perhaps_begun();
      } else {
        ++pc_;
      }
      return Next::kOn;
    case Op::Kind::kOpen:
      ++pc_;
      open_scope(op.index);
      return Next::kOn;
    case Op::Kind::kClose:
      ++pc_;
      close_scope();
      return Next::kOn;
    case Op::Kind::kParallel: break;
  }
  const Parallel& parallel = run_.chain_->parallels[op.index];
  if (parallel.branches.empty() || parallel.branches.back().end >= replay_until_) return spawn(op.index);
  for (const std::uint32_t step : run_.history_->done()) {
    const std::uint32_t at = run_.history_->op_of(step);
    if (at >= parallel.branches.front().begin && at < parallel.branches.back().end) replay_done(step);
  }
  merged_ = true;
  pc_ = parallel.branches.back().end;
  return Next::kOn;
}

void Strand::replay_done(std::uint32_t step) {
  for (const DataEntry& entry : run_.history_->data()) {
    if (entry.step == static_cast<std::int32_t>(step)) data_.push_back(entry);
  }
  if (run_.observer_) run_.observer_->step_ended(run_.id_, step, Direction::kForward, nullptr);
  if (run_.chain_->steps[step].side == StepSide::kRelease) return;
  done_.push_back({step, parent_ != nullptr ? run_.sequence_.fetch_add(1, std::memory_order_relaxed) : 0});
}

Strand::Next Strand::replay_step(std::uint32_t index) {
  const RunHistory& from = *run_.history_;
  if (from.is_done(index)) {
    replay_done(index);
  } else if (pc_ >= replay_until_ && !from.is_skipped(index)) {
    return end_replay(index);
  }  // else the run did without it
  ++pc_;
  return Next::kOn;
}

bool Strand::skipped_again(std::uint32_t index) {
  step_.store(index, std::memory_order_relaxed);
  direction_.store(Direction::kForward, std::memory_order_relaxed);
  attempt_.store(1, std::memory_order_relaxed);
  bool skipped = false;
  try {
    skipped = skips(run_.chain_->steps[index], DataView(*this, {run_.id_, index, 1}));
  } catch (...) {
    skipped = false;  // it can't be told: an undo that finds nothing does no harm
  }
  pending_.clear();  // what was read from JSON meanwhile
  return skipped;
}

void Strand::note_perhaps_begun() {
  const std::vector<Op>& ops = run_.chain_->ops;
  for (std::uint32_t pc = pc_; pc != end_; ++pc) {
    if (ops[pc].kind == Op::Kind::kCheck) continue;
    if (ops[pc].kind != Op::Kind::kStep) return;
    if (skipped_again(ops[pc].index)) continue;
    note_begun();
    return;
  }
}

Strand::Next Strand::end_replay(std::uint32_t index) {
  const RunHistory& from = *run_.history_;
  if (skipped_again(index)) return skip();
  if (from.course() == RecoveredRun::Course::kResume && !stopped()) {
    replaying_ = false;
    note_begun();  // whatever keeps it from beginning again, it is undone
    const RecoveredRun::Retry* retry = from.retry(index);
    if (retry == nullptr) return Next::kOn;
    attempt_.store(std::max(retry->attempt, 2U) - 1, std::memory_order_relaxed);  // `again_` counts
    again_ = true;
    return wait_for(retry->wait);
  }
  return step_failed(ErrorCode(from.error()), true);
}

}  // namespace tenon::flow
