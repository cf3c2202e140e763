#include "api/drills.h"

#include <pthread.h>
#include <tenon/log.h>
#include <tenon/resource_probe.h>

#include <exception>
#include <future>
#include <optional>

#include "api/json_text.h"

namespace tenon::api {
namespace {

constexpr std::chrono::milliseconds kLateInterval{20};

std::vector<const ResourceProbe*> probes_of(const wiring::Wiring& wiring) {
  std::vector<const ResourceProbe*> probes;
  for (const ExtensionEntry& entry : wiring.extension_list(std::string(ResourceProbe::kInterface))) {
    probes.push_back(static_cast<const ResourceProbe*>(entry.object));
  }
  return probes;
}

ErrorCode not_listed(const std::string& name, ErrorCode cause) {
  ErrorCode error = make_error("DRILL.1002", "what there is on the devices can't be listed", name);
  error.causes.push_back(std::move(cause));
  return error;
}

/// The node as a drill sees it.
class NodeStage final : public DrillStage {
 public:
  NodeStage(std::shared_ptr<const wiring::Wiring> wiring, flow::Engine& engine, RunLog& runs, DrillRequest request)
      : wiring_(std::move(wiring)), engine_(engine), runs_(runs), request_(std::move(request)) {}

  std::vector<std::string> probes() const override {
    std::vector<std::string> names;
    for (const ResourceProbe* probe : probes_of(*wiring_)) names.push_back(probe->name());
    return names;
  }

  Result<DrillResources> list() override {
    DrillResources resources;
    for (const ResourceProbe* probe : probes_of(*wiring_)) {
      const std::string name = probe->name();
      Result<std::vector<std::string>> listed = list_one(*probe);
      if (!listed) return not_listed(name, std::move(listed).error());
      // Two of one name are one.
      std::vector<std::string>& all = resources[name];
      all.insert(all.end(), listed->begin(), listed->end());
    }
    return resources;
  }

  Result<DrillRun> run(const flow::Injection& injection) override {
    const auto ended = std::make_shared<std::promise<std::optional<ErrorCode>>>();
    std::future<std::optional<ErrorCode>> end = ended->get_future();
    flow::RunRequest request;
    request.chain = drill_chain(*request_.chain, injection.step);
    request.input = request_.input;
    request.injection = injection;
    request.done = [ended](const flow::RunResult& result) { ended->set_value(result.error); };
    Result<std::shared_ptr<RunRecord>> record = runs_.start(engine_, std::move(request));
    if (!record) return std::move(record).error();
    DrillRun run;
    run.error = end.get();
    run.run = (*record)->name();
    run.unanswered = !wait_for_late((*record)->id());
    run.failed_undos = (*record)->failed_undos();
    return run;
  }

 private:
  static Result<std::vector<std::string>> list_one(const ResourceProbe& probe) {
    try {
      return probe.list();
    } catch (const Error& e) {
      return e.error();
    } catch (const std::exception& e) {
      return make_error("DRILL.1003", "the probe threw an exception", e.what());
    }
  }

  /// False if there are flows that have not answered in time.
  bool wait_for_late(std::uint64_t run) const {
    const auto deadline = std::chrono::steady_clock::now() + request_.grace;
    while (engine_.inspect(run)) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::this_thread::sleep_for(kLateInterval);
    }
    return true;
  }

  const std::shared_ptr<const wiring::Wiring> wiring_;
  flow::Engine& engine_;
  RunLog& runs_;
  const DrillRequest request_;
};

void work(NodeStage& stage, std::size_t steps, Drills::Job& job) {
  try {
    drill(steps, stage, *job.record, job.stop);
  } catch (const std::exception& e) {
    log::error("a drill failed", {{"error", e.what()}});
    job.record->end(make_error("DRILL.1004", "the drill can't go on", e.what()), false);
  }
}

}  // namespace

std::shared_ptr<Drills::Job> Drills::start(DrillRequest request) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[request.chain->name];
  if (entry.job && !entry.job->record->ended()) return nullptr;
  if (entry.thread.joinable()) entry.thread.join();
  const std::shared_ptr<const flow::Chain> chain = request.chain;
  auto stage = std::make_unique<NodeStage>(wiring_.get(), engine_, runs_, std::move(request));
  entry.job = std::make_shared<Job>(std::make_shared<DrillRecord>(*chain, stage->probes()));
  entry.thread = std::thread([stage = std::move(stage), steps = chain->steps.size(), job = entry.job] {
    ::pthread_setname_np(::pthread_self(), "tenon-drill");
    work(*stage, steps, *job);
  });
  return entry.job;
}

Drills::~Drills() {
  for (auto& [chain, entry] : entries_) entry.job->stop = true;
  for (auto& [chain, entry] : entries_) entry.thread.join();
}

std::shared_ptr<DrillRecord> Drills::latest(const std::string& chain) const {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(chain);
  return found != entries_.end() ? found->second.job->record : nullptr;
}

std::string DrillEvents::take() {
  std::string text;
  for (const RunEvent& event : job_->record->read(cursor_)) {
    text.append("event: ").append(event.name).append("\ndata: ").append(print_json(event.data)).append("\n\n");
  }
  return text;
}

void DrillEvents::notify(std::function<void()> wake) {
  wake_ = std::move(wake);
  job_->record->watch(weak_from_this());
}

}  // namespace tenon::api
