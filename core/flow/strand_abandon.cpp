#include <tenon/log.h>

#include <mutex>
#include <utility>

#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {

std::unique_ptr<Strand> Strand::move_on() {
  // Of this strand the flow's thread uses what answers and data need: pending_, failure_, elsewhere_, word_, and data_
  // to read. The rest was the driving thread's, and goes with the run.
  auto rest = std::make_unique<Strand>(run_, parent_, OpRange{pc_, end_});
  rest->step_.store(step_index(), std::memory_order_relaxed);
  rest->attempt_.store(attempt_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  rest->direction_.store(direction(), std::memory_order_relaxed);
  rest->stop_.store(stop_.load());
  rest->stage_ = Stage::kUnanswered;
  rest->goal_ = goal_;
  rest->undoing_ = undoing_;
  rest->merged_ = merged_;
  rest->owes_ = owes_;
  rest->turned_ = turned_;
  rest->rest_skipped_ = rest_skipped_;
  rest->undo_attempt_ = undo_attempt_;
  rest->attempts_made_ = attempts_made_;
  rest->base_ = base_;
  rest->undo_target_ = undo_target_;
  rest->retry_scope_ = retry_scope_;
  rest->error_ = std::move(error_);
  rest->wait_ = std::move(wait_);
  rest->data_ = data_;
  rest->done_ = done_;
  rest->scopes_ = scopes_;
  return rest;
}

Strand::Next Strand::go_on_without_answer() {
  next_epoch();
  if (wait_) disarm();
  const auto grace = (policy() != nullptr ? policy()->grace : StepPolicy{}.grace).count();
  ErrorCode unanswered = make_error("FLOW.1019", "a flow had not answered when its grace was over",
                                    "it may still be at work; grace " + std::to_string(grace) + " ms");
  locate(unanswered);
  log::warning("a flow was given up; it may still be at work",
               {{"run", run_name(run_.id_)}, {"chain", run_.chain_->name}, {"flow", step().name}});
  if (direction() == Direction::kUndo) {
    ErrorCode error = make_error("FLOW.1005", "the time is up", "of an undo");
    error.causes.push_back(std::move(unanswered));
    return undo_failed(std::move(error), false);
  }
  ErrorCode error = stopped() ? stop_error() : make_error("FLOW.1005", "the time is up");
  error.causes.push_back(std::move(unanswered));
  locate(error);
  if (run_.observer_) run_.observer_->step_ended(run_.id_, step_index(), direction(), &error);
  if (direction() == Direction::kForward) note_begun();
  return turn_back(std::move(error));
}

void Strand::answered_late() {
  {
    std::lock_guard lock(run_.mutex_);
    if (!moved_on_ || awaits_first_undo_) {  // looked at again when that is over
      late_answer_ = true;
      return;
    }
  }
  answer_ = elsewhere_;
  next_epoch();
  if (direction() != Direction::kForward || step().side == StepSide::kRelease) {
    log::info("a step that was given up has answered",
              {{"run", run_name(run_.id_)}, {"flow", step().name}, {"in time", succeeded() ? "no" : "no, it failed"}});
    run_.forget(*this);
    return;
  }
  pending_.clear();
  failure_.reset();
  thrown_.reset();
  direction_.store(Direction::kUndo, std::memory_order_relaxed);
  call_flow();
  if (answer_ == Answer::kNone) {
    if (suspend(Waiting::kLateAnswer, Stage::kLateUndone)) return;
    answer_ = elsewhere_;
    next_epoch();
  }
  undone_late();
}

void Strand::undone_late() {
  if (succeeded()) {
    log::info("a flow that was given up has answered; it was undone once more",
              {{"run", run_name(run_.id_)}, {"flow", step().name}});
    if (run_.observer_) run_.observer_->undone_late(run_.id_, step_index(), nullptr);
    record_late(true);
  } else {
    ErrorCode debt = make_error("FLOW.1006", "an undo failed; what its flow made may be left", step().name);
    debt.causes.push_back(take_failure());
    locate(debt);
    describe_debt(debt);
    log::error("an undo failed", {{"run", run_name(run_.id_)},
                                  {"chain", run_.chain_->name},
                                  {"flow", step().name},
                                  {"error", debt.causes.front().to_string()}});
    if (run_.observer_) run_.observer_->undone_late(run_.id_, step_index(), &debt);
    debt_ = std::make_unique<ErrorCode>(std::move(debt));
    record_late(false);
  }
}

}  // namespace tenon::flow
