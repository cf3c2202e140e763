#include "api/chain_drill.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "api/problem.h"

namespace tenon::api {
namespace {

using When = flow::Injection::When;

constexpr std::array<When, 3> kWays{When::kBefore, When::kAfter, When::kTimeout};
constexpr std::string_view kDrillEndClass = "(end of a drill)";
constexpr std::string_view kInjected = "FLOW.1020";

std::string_view way_name(When when) {
  switch (when) {
    case When::kBefore: return "before";
    case When::kAfter: return "after";
    case When::kTimeout: return "timeout";
  }
  return "?";
}

class FailingEnd final : public NoRollbackFlow {
 public:
  void run(FlowStep step) const override {
    std::move(step).fail(make_error(kDrillEnd, "the drill's run is at its end, and is undone"));
  }
};

bool stems_from(const ErrorCode& error, std::string_view code) {
  return error.code == code || std::any_of(error.causes.begin(), error.causes.end(),
                                           [&](const ErrorCode& cause) { return stems_from(cause, code); });
}

/// What of `these` is not among `others`, which may have equal texts.
Json without(const DrillResources& these, const DrillResources& others) {
  Json list = Json::array();
  for (const auto& [probe, resources] : these) {
    std::vector<std::string> sorted = resources;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> known;
    if (const auto found = others.find(probe); found != others.end()) known = found->second;
    std::sort(known.begin(), known.end());
    std::vector<std::string> rest;
    std::set_difference(sorted.begin(), sorted.end(), known.begin(), known.end(), std::back_inserter(rest));
    for (std::string& resource : rest) {
      list.push(Json::object().add("probe", probe).add("resource", std::move(resource)));
    }
  }
  return list;
}

std::vector<std::string> names_of(const flow::Chain& chain) {
  std::vector<std::string> names;
  for (const flow::ChainStep& step : chain.steps) names.push_back(step.name);
  return names;
}

Json texts(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const std::string& text : list) json.push(text);
  return json;
}

Json failed_undos_json(const DrillRun& run) {
  Json list = Json::array();
  for (const auto& [name, error] : run.failed_undos) {
    list.push(Json::object().add("name", name).add("error", error_json(error)));
  }
  return list;
}

std::size_t size_of(const Json& list) { return list.as_array()->size(); }

}  // namespace

Result<void> DrillSteps::resolve(flow::ChainStep& step) const {
  if (!step.plugin.empty() || step.class_name != kDrillEndClass) return flows_.resolve(step);
  const auto flow = std::make_shared<FailingEnd>();
  step.flow = flow.get();
  step.keep = flow;
  step.has_undo = false;
  return {};
}

std::shared_ptr<const flow::Chain> drill_chain(const flow::Chain& chain, std::size_t step) {
  auto longer = std::make_shared<flow::Chain>(chain);
  // Nor is a part of the chain that the step may belong to, or the chain itself.
  for (flow::Scope& scope : longer->scopes) scope.policy.retry.attempts = 1;
  if (const auto& policy = longer->steps[step].policy; policy && policy->retry.attempts > 1) {
    auto once = std::make_shared<flow::StepPolicy>(*policy);
    once->retry.attempts = 1;
    longer->steps[step].policy = std::move(once);
  }
  const auto flow = std::make_shared<FailingEnd>();
  flow::ChainStep end;
  end.name = "(end of the drill)";
  end.class_name = kDrillEndClass;
  end.flow = flow.get();
  end.keep = flow;
  end.has_undo = false;
  end.place = chain.place;
  longer->ops.push_back({flow::Op::Kind::kStep, static_cast<std::uint32_t>(longer->steps.size())});
  longer->steps.push_back(std::move(end));
  return longer;
}

DrillRecord::DrillRecord(const flow::Chain& chain, std::vector<std::string> probes)
    : chain_(chain.name), steps_(names_of(chain)), probes_(std::move(probes)) {}

void DrillRecord::add(const flow::Injection& injection, const DrillRun& run, const DrillResources& before,
                      const DrillResources& after) {
  const bool reached = run.error && stems_from(*run.error, kInjected);
  const bool passed = run.error && !reached && stems_from(*run.error, kDrillEnd);
  Json left = without(after, before);
  Json lost = without(before, after);
  {
    std::lock_guard lock(mutex_);
    left_ += size_of(left);
    lost_ += size_of(lost);
    failed_undos_ += run.failed_undos.size();
    not_reached_ += reached ? 0 : 1;
    flawed_ = left_ + lost_ + failed_undos_ > 0 || flawed_ || run.unanswered;
    Json json = Json::object()
                    .add("step", std::uint64_t{injection.step})
                    .add("name", steps_[injection.step])
                    .add("way", way_name(injection.when))
                    .add("run", run.run)
                    .add("reached", reached);
    if (run.error && !passed) json.add("error", error_json(*run.error));
    json.add("left", std::move(left)).add("lost", std::move(lost)).add("failed_undos", failed_undos_json(run));
    if (run.unanswered) json.add("unanswered", true);
    outcomes_.push_back(std::move(json));
  }
  wake();
}

void DrillRecord::end(std::optional<ErrorCode> error, bool stopped) {
  {
    std::lock_guard lock(mutex_);
    error_ = std::move(error);
    stopped_ = stopped;
    ended_ = true;
    finished_ = std::chrono::steady_clock::now();
    finished_at_ = std::chrono::system_clock::now();
  }
  wake();
}

bool DrillRecord::ended() const {
  std::lock_guard lock(mutex_);
  return ended_;
}

Json DrillRecord::json() const {
  std::lock_guard lock(mutex_);
  return whole();
}

std::string_view DrillRecord::state() const {
  if (!ended_) return "running";
  if (error_) return "failed";
  if (flawed_) return "flawed";
  return stopped_ ? "stopped" : "clean";
}

Json DrillRecord::whole() const {
  Json json = Json::object();
  json.add("chain", chain_).add("state", state()).add("started", timestamp(started_));
  if (ended_) json.add("ended", timestamp(finished_at_));
  json.add("duration_ms", milliseconds((ended_ ? finished_ : std::chrono::steady_clock::now()) - begun_))
      .add("probes", texts(probes_))
      .add("steps", texts(steps_))
      .add("runs", std::uint64_t{steps_.size() * kWays.size()})
      .add("left", std::uint64_t{left_})
      .add("lost", std::uint64_t{lost_})
      .add("failed_undos", std::uint64_t{failed_undos_})
      .add("not_reached", std::uint64_t{not_reached_});
  if (error_) json.add("error", error_json(*error_));
  return std::move(json).add("outcomes", Json(Json::Array(outcomes_)));
}

std::vector<RunEvent> DrillRecord::read(Cursor& cursor) const {
  std::vector<RunEvent> events;
  std::lock_guard lock(mutex_);
  if (!cursor.begun) {
    cursor.begun = true;
    cursor.outcomes = outcomes_.size();
    events.push_back({"drill", whole()});
  }
  while (cursor.outcomes < outcomes_.size()) events.push_back({"outcome", outcomes_[cursor.outcomes++]});
  if (ended_ && !cursor.ended) {
    cursor.ended = true;
    events.push_back({"end", whole()});
  }
  return events;
}

void DrillRecord::watch(std::weak_ptr<RunWatcher> watcher) {
  std::lock_guard lock(mutex_);
  watchers_.push_back(std::move(watcher));
}

void DrillRecord::wake() {
  std::vector<std::weak_ptr<RunWatcher>> watchers;
  {
    std::lock_guard lock(mutex_);
    watchers = watchers_;
  }
  for (const auto& weak : watchers) {
    if (const auto watcher = weak.lock()) watcher->changed();
  }
}

void drill(std::size_t steps, DrillStage& stage, DrillRecord& record, const std::atomic<bool>& stop) {
  for (std::size_t step = 0; step < steps; ++step) {
    for (const When when : kWays) {
      if (stop) return record.end(std::nullopt, true);
      const flow::Injection injection{step, when};
      // Asked anew each time: what others change between two runs is not laid at this chain's door.
      const Result<DrillResources> before = stage.list();
      if (!before) return record.end(before.error(), false);
      const Result<DrillRun> run = stage.run(injection);
      if (!run) return record.end(run.error(), false);
      const Result<DrillResources> after = stage.list();
      if (!after) return record.end(after.error(), false);
      record.add(injection, *run, *before, *after);
    }
  }
  record.end(std::nullopt, false);
}

}  // namespace tenon::api
