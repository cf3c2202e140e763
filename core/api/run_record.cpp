#include "api/run_record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <exception>
#include <utility>

#include "api/problem.h"
#include "flow/run.h"

namespace tenon::api {
namespace {

/// Events that one `read` gives at most.
constexpr std::size_t kBatch = 256;

double milliseconds(std::chrono::steady_clock::duration duration) {
  const double value = std::chrono::duration<double, std::milli>(duration).count();
  return std::round(value * 1000) / 1000;
}

}  // namespace

std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = static_cast<std::time_t>(since.count() / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(since.count() % 1000));
  return std::string(text.data(), size) + fraction.data();
}

RunRecord::RunRecord(const flow::Chain& chain) : chain_(chain.name) {
  steps_.reserve(chain.steps.size());
  for (const flow::ChainStep& step : chain.steps) {
    steps_.emplace_back();
    steps_.back().name = step.name;
    steps_.back().plugin = step.plugin;
  }
}

void RunRecord::set_id(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  id_ = id;
}

void RunRecord::change(std::size_t step, StepState state) {
  steps_[step].state = state;
  changes_.push_back({step, state});
  current_ = step;
}

void RunRecord::step_begun(std::uint64_t run, std::size_t step, flow::Direction direction,
                           std::uint32_t /*attempt*/) noexcept {
  {
    std::lock_guard lock(mutex_);
    id_ = run;
    if (direction == flow::Direction::kForward) {
      steps_[step].started = Clock::now();
      change(step, StepState::kRunning);
    } else {
      undoing_ = true;
      steps_[step].undo_started = Clock::now();
      change(step, StepState::kUndoing);
    }
  }
  wake();
}

void RunRecord::step_ended(std::uint64_t /*run*/, std::size_t step, flow::Direction direction,
                           const ErrorCode* error) noexcept {
  {
    std::lock_guard lock(mutex_);
    Step& record = steps_[step];
    if (direction == flow::Direction::kForward) {
      record.ended = Clock::now();
      if (error != nullptr) record.error = *error;
      change(step, error == nullptr ? StepState::kDone : StepState::kFailed);
    } else {
      record.undo_ended = Clock::now();
      if (error != nullptr) record.undo_error = *error;
      change(step, error == nullptr ? StepState::kUndone : StepState::kUndoFailed);
    }
  }
  wake();
}

void RunRecord::step_skipped(std::uint64_t /*run*/, std::size_t /*step*/) noexcept {}

void RunRecord::step_waits(std::uint64_t /*run*/, std::size_t /*step*/, flow::Waiting /*waiting*/,
                           std::string_view /*what*/) noexcept {}

void RunRecord::undone_late(std::uint64_t /*run*/, std::size_t /*step*/, const ErrorCode* /*error*/) noexcept {}

void RunRecord::progress(std::uint64_t /*run*/, std::size_t step, int percent, std::string_view what) noexcept {
  {
    std::lock_guard lock(mutex_);
    steps_[step].percent = std::clamp(percent, 0, 100);
    steps_[step].what = what;
    ++progress_;
  }
  wake();
}

void RunRecord::end(const flow::RunResult& result) {
  Json data = Json::object();
  std::vector<std::string_view> seen;
  for (auto entry = result.data.rbegin(); entry != result.data.rend(); ++entry) {  // the latest under a key counts
    if (std::find(seen.begin(), seen.end(), entry->key.name) != seen.end()) continue;
    seen.push_back(entry->key.name);
    try {
      data.add(entry->key.name, entry->value.json());
    } catch (const std::exception& e) {
      data.add(entry->key.name, Json::object().add("unreadable", e.what()));
    }
  }
  std::reverse(data.as_object()->begin(), data.as_object()->end());
  {
    std::lock_guard lock(mutex_);
    id_ = result.id;
    data_ = std::move(data);
    error_ = result.error;
    finished_ = Clock::now();
    finished_at_ = std::chrono::system_clock::now();
    ended_ = true;
  }
  wake();
}

void RunRecord::watch(std::weak_ptr<RunWatcher> watcher) {
  std::lock_guard lock(mutex_);
  std::erase_if(watchers_, [](const auto& other) { return other.expired(); });
  watchers_.push_back(std::move(watcher));
}

void RunRecord::wake() noexcept {
  std::vector<std::weak_ptr<RunWatcher>> watchers;
  {
    std::lock_guard lock(mutex_);
    watchers = watchers_;
  }
  for (const auto& weak : watchers) {
    if (const auto watcher = weak.lock()) watcher->changed();
  }
}

std::vector<RunEvent> RunRecord::read(Cursor& cursor) const {
  std::vector<RunEvent> events;
  std::lock_guard lock(mutex_);
  if (!cursor.begun) {
    cursor.begun = true;
    cursor.changes = changes_.size();
    cursor.progress = progress_;
    events.push_back({"run", whole()});
  }
  while (cursor.changes < changes_.size() && events.size() < kBatch) {
    const Change& change = changes_[cursor.changes++];
    events.push_back({"step", step_json(change.step, change.state)});
  }
  if (cursor.changes < changes_.size()) return events;
  if (cursor.progress < progress_) {
    cursor.progress = progress_;
    const StepState at_work = steps_[current_].state;
    if (at_work == StepState::kRunning || at_work == StepState::kUndoing) {
      events.push_back({"progress", step_json(current_, at_work)});
    }
  }
  if (ended_ && !cursor.ended) {
    cursor.ended = true;
    events.push_back({"end", whole()});
  }
  return events;
}

std::string_view RunRecord::state() const {
  if (!ended_) return undoing_ ? "undoing" : "running";
  return error_ ? "failed" : "succeeded";
}

Json RunRecord::head() const {
  Json json = Json::object();
  json.add("id", flow::run_name(id_)).add("chain", chain_).add("state", state()).add("started", timestamp(started_));
  if (ended_) json.add("ended", timestamp(finished_at_));
  json.add("duration_ms", milliseconds((ended_ ? finished_ : Clock::now()) - begun_));
  return json;
}

std::string RunRecord::name() const {
  std::lock_guard lock(mutex_);
  return flow::run_name(id_);
}

Json RunRecord::summary() const {
  std::lock_guard lock(mutex_);
  Json json = head();
  if (!steps_.empty()) json.add("step", std::uint64_t{current_}).add("step_name", steps_[current_].name);
  json.add("steps", std::uint64_t{steps_.size()});
  if (error_) json.add("error", error_->to_string());
  return json;
}

Json RunRecord::json() const {
  std::lock_guard lock(mutex_);
  return whole();
}

Json RunRecord::whole() const {
  Json json = head();
  Json steps = Json::array();
  for (std::size_t index = 0; index < steps_.size(); ++index) steps.push(step_json(index, steps_[index].state));
  json.add("steps", std::move(steps));
  if (error_) json.add("error", error_json(*error_));
  if (ended_) json.add("data", data_);
  return json;
}

Json RunRecord::step_json(std::size_t index, StepState state) const {
  static constexpr std::array<std::string_view, 7> kNames{"pending", "running", "done",       "failed",
                                                          "undoing", "undone",  "undo-failed"};
  const Step& step = steps_[index];
  Json json = Json::object();
  json.add("index", std::uint64_t{index}).add("name", step.name).add("plugin", step.plugin);
  json.add("state", kNames[static_cast<std::size_t>(state)]);
  if (state == StepState::kPending) return json;
  const auto now = ended_ ? finished_ : Clock::now();
  json.add("started_ms", milliseconds(step.started - begun_));
  json.add("duration_ms", milliseconds((state == StepState::kRunning ? now : step.ended) - step.started));
  if (step.percent >= 0) json.add("progress", step.percent);
  if (!step.what.empty()) json.add("what", step.what);
  if (state == StepState::kRunning || state == StepState::kDone) return json;
  if (step.error) json.add("error", error_json(*step.error));
  if (state == StepState::kFailed) return json;
  json.add("undo_started_ms", milliseconds(step.undo_started - begun_));
  json.add("undo_duration_ms",
           milliseconds((state == StepState::kUndoing ? now : step.undo_ended) - step.undo_started));
  if (state == StepState::kUndoFailed && step.undo_error) json.add("undo_error", error_json(*step.undo_error));
  return json;
}

}  // namespace tenon::api
