#include "journal/run_fold.h"

#include <algorithm>
#include <utility>

#include "journal/records.h"

namespace tenon::journal {
namespace {

using Kind = flow::JournalRecord::Kind;

/// The step is as if it had never been. False if it is not among what is done.
bool forget_step(LiveRun& run, std::uint32_t step) {
  const auto wrote = [&](const LiveRun::Data& data) { return data.step == static_cast<std::int32_t>(step); };
  std::erase_if(run.data, wrote);
  std::erase_if(run.retries, [&](const LiveRun::Retry& retry) { return retry.step == step; });
  const bool going_back = std::erase(run.going_back, step) > 0;
  return std::erase(run.done, step) > 0 || going_back;
}

void fold_done(LiveRun& run, const RecordRow& record) {
  if (run.turned) return;  // by a flow that was given up: its debt says what is to come of it
  forget_step(run, record.step);
  run.done.push_back(record.step);
  if (!record.data.empty()) run.data.push_back({static_cast<std::int32_t>(record.step), std::string(record.data)});
}

Result<void> fold_failed(LiveRun& run, const RecordRow& record) {
  Result<RecordNote> note = read_note(record.data);
  if (!note) return note.error();
  run.turned = true;
  run.error = std::move(note->error);
  run.done = std::move(note->begun);
  run.retries.clear();
  return {};
}

Result<void> fold_back(LiveRun& run, const RecordRow& record) {
  Result<RecordNote> note = read_note(record.data);
  if (!note) return note.error();
  run.error = std::move(note->error);
  run.going_back.insert(run.going_back.end(), note->begun.begin(), note->begun.end());
  return {};
}

Result<void> fold_undo_failed(LiveRun& run, const RecordRow& record) {
  Result<RecordNote> note = read_note(record.data);
  if (!note) return note.error();
  forget_step(run, record.step);
  run.failed_undos.push_back(std::move(note->error));
  return {};
}

/// What has begun before is left as it is, and the run fails.
void fold_rest_skipped(LiveRun& run) {
  run.turned = true;
  run.done.clear();
}

Result<void> fold_retry(LiveRun& run, const RecordRow& record) {
  const Result<RecordNote> note = read_note(record.data);
  if (!note) return note.error();
  std::erase_if(run.retries, [&](const LiveRun::Retry& retry) { return retry.step == record.step; });
  run.retries.push_back({record.step, record.attempt + 1, record.at + note.value().wait * 1000});
  return {};
}

}  // namespace

Result<void> fold(LiveRun& run, const RecordRow& record) {
  run.sequence = std::max(run.sequence, record.sequence);
  switch (record.kind) {
    case Kind::kDone: fold_done(run, record); return {};
    case Kind::kFailed: return fold_failed(run, record);
    case Kind::kUndone: forget_step(run, record.step); return {};
    case Kind::kUndoFailed: return fold_undo_failed(run, record);
    case Kind::kRetry: return fold_retry(run, record);
    case Kind::kSkipped:
      if (!forget_step(run, record.step)) run.skipped.push_back(record.step);
      return {};
    case Kind::kRestSkipped: fold_rest_skipped(run); return {};
    case Kind::kBack: return fold_back(run, record);
    case Kind::kClosed:
    case Kind::kLateUndone: return {};
  }
  return {};
}

void fold(LiveRun& run, Action action) {
  if (action.verb == Verb::kPause) run.paused = true;
  if (action.verb == Verb::kResume) run.paused = false;
  if (action.verb == Verb::kCancel) {
    run.cancelled = true;
    run.paused = false;
  }
  run.actions.push_back(std::move(action));
}

}  // namespace tenon::journal
