#include <mutex>
#include <utility>

#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {

bool Strand::pauses() {
  if (!run_.paused_.load(std::memory_order_relaxed)) return false;
  next_epoch();
  const RunRef keep(&run_);  // who resumes it may end it before this thread has let go of the lock
  std::lock_guard lock(run_.mutex_);
  if (!run_.paused_.load(std::memory_order_relaxed)) return false;
  if (run_.observer_) run_.observer_->step_waits(run_.id_, step_index(), Waiting::kPaused, {});
  return suspend(Waiting::kPaused, Stage::kPaused);
}

Strand::Next Strand::resume_paused() {
  next_epoch();
  if (run_.observer_) run_.observer_->step_waits(run_.id_, step_index(), Waiting::kNothing, {});
  if (directive_) return directed();
  return undoing_ || !stopped() ? Next::kOn : turn_back(stop_error());
}

Strand::Next Strand::directed() {
  again_ = false;
  const bool skips = directive_->kind == Engine::Directive::Kind::kSkip;
  if (undoing_) {
    return skips ? record_undone(JournalRecord::Kind::kSkipped, Recording::kSkipped)
                 : record_undone(JournalRecord::Kind::kUndone, Recording::kUndone);
  }
  if (skips) {
    JournalRecord skipped;
    skipped.kind = JournalRecord::Kind::kSkipped;
    skipped.step = step_index();
    return record(skipped, Recording::kSkipped);
  }
  pending_.clear();
  for (auto& [name, value] : directive_->data) {
    const auto key = key_in_chain(*run_.chain_, name);
    if (key) pending_.push_back({*key, static_cast<std::int32_t>(step_index()), std::move(value)});
  }
  return commit();
}

void Strand::tell_directed(const ErrorCode* refused) {
  const std::unique_ptr<Engine::Directive> directive = std::move(directive_);
  if (directive->recorded) directive->recorded(refused);
}

}  // namespace tenon::flow
