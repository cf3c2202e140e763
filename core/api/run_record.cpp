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

/// A step that fails and is undone, has as many.
constexpr std::size_t kStatesOfAStep = 4;
/// Changes besides that are kept for readers who are behind.
constexpr std::size_t kSpareChanges = 256;

}  // namespace

double milliseconds(std::chrono::nanoseconds duration) {
  const double value = std::chrono::duration<double, std::milli>(duration).count();
  return std::round(value * 1000) / 1000;
}

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

RunRecord::RunRecord(const flow::Chain& chain)
    : chain_(chain.name), most_changes_(kStatesOfAStep * chain.steps.size() + kSpareChanges) {
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

void RunRecord::changed(std::size_t step) {
  if (changes_.size() == most_changes_) {
    changes_.pop_front();
    ++forgotten_;
  }
  changes_.push_back({step, steps_[step].now});
  latest_ = step;
}

void RunRecord::begin(Step& step, flow::Direction direction, std::uint32_t attempt) {
  Moment& now = step.now;
  now.waiting = flow::Waiting::kNothing;
  if (direction == flow::Direction::kUndo) {
    now.state = StepState::kUndoing;
    now.undo_started = Clock::now();
    now.undo_error.reset();
    undoing_ = true;
    return;
  }
  now = {};
  now.state = direction == flow::Direction::kCheck ? StepState::kChecking : StepState::kRunning;
  now.attempt = attempt;
  now.started = Clock::now();
  step.percent = -1;
  step.what.clear();
  undoing_ = false;  // what was undone before was an attempt
}

void RunRecord::step_begun(std::uint64_t run, std::size_t step, flow::Direction direction,
                           std::uint32_t attempt) noexcept {
  {
    std::lock_guard lock(mutex_);
    id_ = run;
    const Error last_error = steps_[step].now.error;
    begin(steps_[step], direction, attempt);
    if (direction != flow::Direction::kUndo && attempt > 1) steps_[step].now.last_error = last_error;
    changed(step);
  }
  wake();
}

void RunRecord::step_ended(std::uint64_t /*run*/, std::size_t step, flow::Direction direction,
                           const ErrorCode* error) noexcept {
  {
    std::lock_guard lock(mutex_);
    Moment& now = steps_[step].now;
    now.waiting = flow::Waiting::kNothing;
    const Error failure = error != nullptr ? std::make_shared<const ErrorCode>(*error) : nullptr;
    switch (direction) {
      case flow::Direction::kUndo:
        now.state = failure ? StepState::kUndoFailed : StepState::kUndone;
        now.undo_ended = Clock::now();
        now.undo_error = failure;
        break;
      case flow::Direction::kCheck:
      case flow::Direction::kForward:
        now.state = failure                                  ? StepState::kFailed
                    : direction == flow::Direction::kForward ? StepState::kDone
                                                             : StepState::kChecked;
        now.ended = Clock::now();
        now.error = failure;
        break;
    }
    changed(step);
  }
  wake();
}

void RunRecord::step_skipped(std::uint64_t /*run*/, std::size_t step) noexcept {
  {
    std::lock_guard lock(mutex_);
    steps_[step].now = {};
    steps_[step].now.state = StepState::kSkipped;
    steps_[step].now.started = Clock::now();
    changed(step);
  }
  wake();
}

void RunRecord::step_waits(std::uint64_t run, std::size_t step, flow::Waiting waiting, std::string_view what) noexcept {
  {
    std::lock_guard lock(mutex_);
    id_ = run;
    Moment& now = steps_[step].now;
    // That a flow at work has not answered yet is no news.
    const flow::Waiting told = waiting == flow::Waiting::kAnswer ? flow::Waiting::kNothing : waiting;
    if (told == now.waiting && (told == flow::Waiting::kNothing || what == now.waiting_for)) return;
    now.waiting = told;
    now.waiting_for = what;
    now.waiting_since = Clock::now();
    changed(step);
  }
  wake();
}

void RunRecord::undone_late(std::uint64_t /*run*/, std::size_t step, const ErrorCode* error) noexcept {
  {
    std::lock_guard lock(mutex_);
    Moment& now = steps_[step].now;
    now.state = error != nullptr ? StepState::kUndoFailed : StepState::kUndone;
    now.waiting = flow::Waiting::kNothing;
    now.undone_late = true;
    now.undo_error = error != nullptr ? std::make_shared<const ErrorCode>(*error) : nullptr;
    changed(step);
  }
  wake();
}

void RunRecord::progress(std::uint64_t /*run*/, std::size_t step, int percent, std::string_view what) noexcept {
  {
    std::lock_guard lock(mutex_);
    steps_[step].percent = std::clamp(percent, 0, 100);
    steps_[step].what = what;
    steps_[step].progress = ++progress_;
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
  if (!cursor.begun || cursor.changes < forgotten_) {
    cursor.begun = true;
    cursor.changes = forgotten_ + changes_.size();
    cursor.progress = progress_;
    events.push_back({"run", whole()});
  }
  while (cursor.changes < forgotten_ + changes_.size() && events.size() < kBatch) {
    const Change& change = changes_[cursor.changes++ - forgotten_];
    events.push_back({"step", step_json(change.step, change.moment)});
  }
  if (cursor.changes < forgotten_ + changes_.size()) return events;
  if (cursor.progress < progress_) {
    for (std::size_t index = 0; index < steps_.size(); ++index) {
      const Step& step = steps_[index];
      if (step.progress <= cursor.progress || !at_work(step.now.state)) continue;
      events.push_back({"progress", step_json(index, step.now)});
    }
    cursor.progress = progress_;
  }
  if (ended_ && !cursor.ended) {
    cursor.ended = true;
    events.push_back({"end", whole()});
  }
  return events;
}

bool RunRecord::at_work(StepState state) {
  return state == StepState::kChecking || state == StepState::kRunning || state == StepState::kUndoing;
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

std::string RunRecord::name() const { return flow::run_name(id()); }

std::uint64_t RunRecord::id() const {
  std::lock_guard lock(mutex_);
  return id_;
}

std::size_t RunRecord::current() const {
  const auto busy =
      std::find_if(steps_.begin(), steps_.end(), [](const Step& step) { return at_work(step.now.state); });
  return busy != steps_.end() ? static_cast<std::size_t>(busy - steps_.begin()) : latest_;
}

Json RunRecord::summary() const {
  std::lock_guard lock(mutex_);
  Json json = head();
  if (!steps_.empty()) {
    const std::size_t step = current();
    json.add("step", std::uint64_t{step}).add("step_name", steps_[step].name);
  }
  json.add("steps", std::uint64_t{steps_.size()});
  if (error_) json.add("error", error_->to_string());
  return json;
}

Json RunRecord::json() const {
  std::lock_guard lock(mutex_);
  return whole();
}

std::vector<std::pair<std::string, ErrorCode>> RunRecord::failed_undos() const {
  std::vector<std::pair<std::string, ErrorCode>> failed;
  std::lock_guard lock(mutex_);
  for (const Step& step : steps_) {
    if (step.now.undo_error) failed.emplace_back(step.name, *step.now.undo_error);
  }
  return failed;
}

Json RunRecord::whole() const {
  Json json = head();
  Json steps = Json::array();
  for (std::size_t index = 0; index < steps_.size(); ++index) steps.push(step_json(index, steps_[index].now));
  json.add("steps", std::move(steps));
  if (error_) json.add("error", error_json(*error_));
  if (ended_) json.add("data", data_);
  return json;
}

Json RunRecord::step_json(std::size_t index, const Moment& at) const {
  static constexpr std::array<std::string_view, 10> kNames{"pending", "checking", "checked", "skipped", "running",
                                                           "done",    "failed",   "undoing", "undone",  "undo-failed"};
  const auto since_start = [this](Clock::time_point time) { return milliseconds(time - begun_); };
  const auto now = ended_ ? finished_ : Clock::now();
  const Step& step = steps_[index];
  Json json = Json::object();
  json.add("index", std::uint64_t{index}).add("name", step.name).add("plugin", step.plugin);
  json.add("state", kNames[static_cast<std::size_t>(at.state)]);
  if (at.attempt > 1) json.add("attempt", at.attempt);
  if (at.waiting != flow::Waiting::kNothing) {
    json.add("waiting", flow::waiting_name(at.waiting));
    if (!at.waiting_for.empty()) json.add("waiting_for", at.waiting_for);
    json.add("waiting_since_ms", since_start(at.waiting_since));
  }
  if (at.started != Clock::time_point{}) {
    const bool open = at.state == StepState::kRunning || at.state == StepState::kChecking;
    json.add("started_ms", since_start(at.started));
    // A flow that is undone without its answer has begun and not ended.
    if (open || at.ended != Clock::time_point{})
      json.add("duration_ms", milliseconds((open ? now : at.ended) - at.started));
    if (step.percent >= 0 && at.attempt == step.now.attempt) json.add("progress", step.percent);
    if (!step.what.empty() && at.attempt == step.now.attempt) json.add("what", step.what);
  }
  if (at.error) json.add("error", error_json(*at.error));
  if (at.last_error) json.add("last_error", error_json(*at.last_error));
  if (at.undo_started != Clock::time_point{}) {
    const bool open = at.state == StepState::kUndoing;
    json.add("undo_started_ms", since_start(at.undo_started));
    json.add("undo_duration_ms", milliseconds((open ? now : at.undo_ended) - at.undo_started));
  }
  if (at.undo_error) json.add("undo_error", error_json(*at.undo_error));
  if (at.undone_late) json.add("undone_late", true);
  return json;
}

}  // namespace tenon::api
