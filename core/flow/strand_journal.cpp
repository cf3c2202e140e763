#include <tenon/log.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {
namespace {

/// The first event that the error or a cause of it names (tenon/retry_on.h), or null.
const std::string* awaited_event(const ErrorCode& error) {
  if (const auto event = error.elaboration.find("retry_on"); event != error.elaboration.end()) return &event->second;
  for (const ErrorCode& cause : error.causes) {
    if (const std::string* event = awaited_event(cause)) return event;
  }
  return nullptr;
}

}  // namespace

void Strand::recorded(std::uint64_t ticket) noexcept {
  std::uint64_t word = word_.load();
  do {
    if (epoch_of(word) != ticket || phase_of(word) == Phase::kWoken) return;
  } while (
      !word_.compare_exchange_weak(word, (word & ~kPhaseMask) | static_cast<std::uint64_t>(Phase::kWoken) | kGranted));
  // This thread has nothing better to do: with the runs of the same batch it makes the next one.
  if (phase_of(word) == Phase::kSuspended) Run::drive(this);
}

void Strand::refused(std::uint64_t ticket, const ErrorCode& error) noexcept {
  refusal_ = std::make_unique<ErrorCode>(error);
  recorded(ticket);
}

Strand::Next Strand::record_start() {
  recording_ = Recording::kStart;
  if (run_.journal_ == nullptr) return go_on_recorded();
  const std::uint64_t ticket = epoch_of(next_epoch()) + 1;
  const std::string_view key = run_.extras_ ? std::string_view(run_.extras_->start_key) : std::string_view();
  run_.journal_->start({run_.id_, run_.chain_.get(), data_, run_.locks_, key}, *this, ticket);
  return suspend(Waiting::kCommit, Stage::kRecorded) ? Next::kSuspended : resume_recorded();
}

Strand::Next Strand::record(JournalRecord record, Recording what) {
  recording_ = what;
  closing_ = record.closes;
  if (run_.journal_ == nullptr) return go_on_recorded();
  record.run = run_.id_;
  record.sequence = run_.records_.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::uint64_t ticket = epoch_of(next_epoch()) + 1;
  run_.journal_->append(record, *this, ticket);
  return suspend(Waiting::kCommit, Stage::kRecorded) ? Next::kSuspended : resume_recorded();
}

Strand::Next Strand::resume_recorded() {
  next_epoch();
  return refusal_ ? go_on_refused() : go_on_recorded();
}

Strand::Next Strand::go_on_recorded() {
  if (directive_) tell_directed(nullptr);
  switch (recording_) {
    case Recording::kStart: run_.accept(); return take_locks();
    case Recording::kDone:
      if (!closing_) return committed();
      closed_ = true;  // a cancel that has come meanwhile comes too late
      merge_pending();
      if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), Direction::kForward, nullptr);
      while (!scopes_.empty()) close_scope();
      return Next::kSucceeded;
    case Recording::kTurn:
      turned_ = true;
      undoing_ = true;
      return Next::kOn;
    case Recording::kBack: undoing_ = true; return Next::kOn;
    case Recording::kUndone:
      if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), Direction::kUndo, nullptr);
      pop_done();
      break;
    case Recording::kUndoFailed:
      if (run_.observer_) {
        run_.observer_->step_ended(run_.id_, step_index(), Direction::kUndo, &error_->causes.back());
      }
      owes_ = true;
      pop_done();
      break;
    case Recording::kRestSkipped:
      if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), Direction::kUndo, nullptr);
      skip_rest_of_undo();
      break;
    case Recording::kSkipped:
      if (!undoing_) return stopped() ? turn_back(stop_error()) : skip();
      if (run_.observer_) run_.observer_->step_skipped(run_.id_, step_index());
      pop_done();
      break;
    case Recording::kRetry: return wait_for(retry_wait_);
    case Recording::kEnd: closed_ = true; return undoing_ ? Next::kFailed : Next::kSucceeded;
    case Recording::kLate: run_.forget(*this); return Next::kSuspended;
  }
  closed_ = closing_;
  return closing_ ? Next::kFailed : Next::kOn;
}

Strand::Next Strand::go_on_refused() {
  ErrorCode error = std::move(*std::exchange(refusal_, nullptr));
  locate(error);
  if (directive_) tell_directed(&error);
  closing_ = false;
  if (recording_ == Recording::kStart) {
    closed_ = true;  // there is nothing that could be closed
    return turn_back(std::move(error));
  }
  if (recording_ == Recording::kDone) return step_failed(std::move(error), true);
  // Neither forward nor back: what is not recorded must not be built upon. The next start of the node takes it up.
  log::error(
      "a record of a run was refused; the run stands still",
      {{"run", run_name(run_.id_)}, {"chain", run_.chain_->name}, {"flow", step().name}, {"error", error.to_string()}});
  next_epoch();
  return suspend(Waiting::kCommit, Stage::kRecorded) ? Next::kSuspended : resume_recorded();
}

bool Strand::last_op(std::uint32_t pc) const {
  while (pc != end_ && run_.chain_->ops[pc].kind == Op::Kind::kClose) ++pc;
  return pc == end_;
}

ErrorCode Strand::unkeepable(const DataEntry& entry) {
  return make_error("FLOW.1033", "a value can't be kept: its type has no JSON form",
                    std::string(entry.key.name) + " is " + std::string(entry.value.type_name()));
}

Strand::Next Strand::record_done() {
  if (std::exchange(transacted_, false)) return committed();
  for (const DataEntry& entry : pending_) {
    if (entry.step >= 0 && !Journal::keeps(entry.value)) return step_failed(unkeepable(entry), true);
  }
  const auto written =
      std::stable_partition(pending_.begin(), pending_.end(), [](const DataEntry& entry) { return entry.step >= 0; });
  JournalRecord done;
  done.kind = JournalRecord::Kind::kDone;
  done.step = step_index();
  done.attempt = attempt_.load(std::memory_order_relaxed);
  done.data = {pending_.data(), static_cast<std::size_t>(written - pending_.begin())};
  done.closes = parent_ == nullptr && last_op(pc_ + 1) && !stopped();
  return record(done, Recording::kDone);
}

std::vector<std::uint32_t> Strand::begun_since(std::size_t mark) const {
  std::vector<std::uint32_t> begun;
  for (std::size_t i = mark; i < done_.size(); ++i) begun.push_back(done_[i].step);
  return begun;
}

Strand::Next Strand::record_turn() {
  const std::vector<std::uint32_t> begun = begun_since(0);
  JournalRecord turn;
  turn.kind = JournalRecord::Kind::kFailed;
  turn.step = step_index();
  turn.error = error_.get();
  turn.begun = begun;
  return record(turn, Recording::kTurn);
}

Strand::Next Strand::record_back() {
  const std::vector<std::uint32_t> begun = begun_since(undo_target_);
  JournalRecord back;
  back.kind = JournalRecord::Kind::kBack;
  back.step = step_index();
  back.error = error_.get();
  back.begun = begun;
  return record(back, Recording::kBack);
}

void Strand::close_if_last(JournalRecord& record) const {
  const bool rest = record.kind == JournalRecord::Kind::kRestSkipped;
  if (parent_ != nullptr || (!rest && (goal_ != Goal::kFail || done_.size() != undo_target_ + 1))) return;
  record.closes = true;
  record.outcome = error_.get();
}

Strand::Next Strand::record_undone(JournalRecord::Kind kind, Recording what) {
  if (std::exchange(transacted_, false)) {
    recording_ = what;
    closing_ = false;
    return go_on_recorded();
  }
  JournalRecord undone;
  undone.kind = kind;
  undone.step = step_index();
  undone.attempt = undo_attempt_;
  close_if_last(undone);
  // A flow that is still at work may make what no record speaks of any more: that is owed until it was undone again.
  ErrorCode unanswered;
  DebtRecord debt;
  if (run_.has_given_up_.load(std::memory_order_relaxed)) {
    std::lock_guard lock(run_.mutex_);
    for (const Strand* strand : run_.given_up_) {
      if (!strand->awaits_first_undo_ || strand->step_index() != undone.step) continue;
      unanswered = make_error("FLOW.1019", "a flow had not answered when its grace was over", step().name);
      locate(unanswered);
      describe_debt(unanswered);
      debt = {undone.step, &unanswered, data_, true};
      undone.debts = {&debt, 1};
    }
  }
  return record(undone, what);
}

void Strand::describe_debt(ErrorCode& debt) const {
  debt.elaboration.emplace("debt", run_name(run_.owner_) + ":" + std::to_string(step_index()));
  debt.elaboration.emplace("plugin", step().plugin);
  if (const std::string* event = awaited_event(debt)) debt.elaboration.emplace("retry_on", *event);
}

Strand::Next Strand::record_undo_failed() {
  error_->causes.push_back(std::move(*std::exchange(debt_, nullptr)));
  const DebtRecord debt{step_index(), &error_->causes.back(), data_, false};
  JournalRecord failed;
  failed.kind = JournalRecord::Kind::kUndoFailed;
  failed.step = step_index();
  failed.attempt = undo_attempt_;
  failed.error = debt.error;
  failed.debts = {&debt, 1};
  close_if_last(failed);
  return record(failed, Recording::kUndoFailed);
}

Strand::Next Strand::record_end(bool failed) {
  JournalRecord end;
  end.kind = JournalRecord::Kind::kClosed;
  end.closes = true;
  end.outcome = failed ? error_.get() : nullptr;
  return record(end, Recording::kEnd);
}

void Strand::record_late(bool undone) {
  if (run_.journal_ == nullptr) {
    run_.forget(*this);
    return;
  }
  JournalRecord late;
  late.kind = undone ? JournalRecord::Kind::kLateUndone : JournalRecord::Kind::kUndoFailed;
  late.step = step_index();
  const DebtRecord debt{step_index(), debt_.get(), data_, false};
  if (!undone) {
    late.error = debt_.get();
    late.debts = {&debt, 1};
  }
  (void)record(late, Recording::kLate);
}

}  // namespace tenon::flow
