#include "api/recorded_steps.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/problem.h"
#include "api/run_record.h"

namespace tenon::api {

using Kind = flow::JournalRecord::Kind;

RecordedSteps::RecordedSteps(const RecordedRun& run) : run_(run), steps_(run.steps.size()) {
  for (const journal::RunEntry& entry : run.history.entries) {
    if (entry.kind != Kind::kClosed && entry.step < steps_.size()) fold(entry, steps_[entry.step]);
  }
}

void RecordedSteps::fold(const journal::RunEntry& entry, Step& step) {
  switch (entry.kind) {
    case Kind::kDone: {
      std::optional<ErrorCode> last = std::move(step.last_error);
      step = {};
      step.state = "done";
      step.attempt = entry.attempt;
      step.ended = entry.at;
      if (entry.attempt > 1) step.last_error = std::move(last);
      data_.insert(data_.end(), entry.data.begin(), entry.data.end());
      break;
    }
    case Kind::kFailed:
    case Kind::kBack:
      // A run that turns back at a step that has done its work was told to.
      if (step.state == "done") break;
      step.state = "failed";
      step.ended = entry.at;
      step.error = entry.error;
      break;
    case Kind::kRetry:
      step.state = "pending";
      step.attempt = entry.attempt + 1;
      step.last_error = entry.error;
      break;
    case Kind::kUndone:
    case Kind::kRestSkipped:
      step.state = "undone";
      step.undo_ended = entry.at;
      forget_data(entry.step);
      break;
    case Kind::kUndoFailed:
      step.state = "undo-failed";
      step.undo_ended = entry.at;
      step.undo_error = entry.error;
      forget_data(entry.step);
      break;
    case Kind::kSkipped:
      step.state = "skipped";
      step.ended = entry.at;
      break;
    case Kind::kLateUndone: step.undone_late = true; break;
    case Kind::kClosed: break;
  }
}

void RecordedSteps::forget_data(std::uint32_t step) {
  std::erase_if(data_,
                [&](const journal::StoredValue& value) { return value.step == static_cast<std::int32_t>(step); });
}

Json RecordedSteps::json() const {
  Json list = Json::array();
  for (std::size_t index = 0; index < steps_.size(); ++index) list.push(step_json(index));
  return list;
}

Json RecordedSteps::step_json(std::size_t index) const {
  const Step& step = steps_[index];
  const auto since_start = [&](std::int64_t at) {
    return milliseconds(std::chrono::microseconds(at - run_.history.run.started));
  };
  Json json = Json::object()
                  .add("index", std::uint64_t{index})
                  .add("name", run_.steps[index].name)
                  .add("plugin", run_.steps[index].plugin)
                  .add("state", step.state);
  if (step.attempt > 1) json.add("attempt", step.attempt);
  if (step.ended != 0) json.add("ended_ms", since_start(step.ended));
  if (step.error) json.add("error", error_json(*step.error));
  if (step.last_error) json.add("last_error", error_json(*step.last_error));
  if (step.undo_ended != 0) json.add("undo_ended_ms", since_start(step.undo_ended));
  if (step.undo_error) json.add("undo_error", error_json(*step.undo_error));
  if (step.undone_late) json.add("undone_late", true);
  std::vector<journal::StoredValue> written;
  std::copy_if(data_.begin(), data_.end(), std::back_inserter(written),
               [&](const journal::StoredValue& value) { return value.step == static_cast<std::int32_t>(index); });
  if (!written.empty()) json.add("data", data_json(written));
  return json;
}

Json data_json(const std::vector<journal::StoredValue>& data) {
  Json json = Json::object();
  for (auto value = data.begin(); value != data.end(); ++value) {
    const bool replaced =
        std::any_of(value + 1, data.end(), [&](const journal::StoredValue& later) { return later.key == value->key; });
    if (!replaced) json.add(value->key, value->value);
  }
  return json;
}

}  // namespace tenon::api
