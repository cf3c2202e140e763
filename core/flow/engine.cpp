#include "flow/engine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "flow/run.h"

namespace tenon::flow {
namespace {

/// Ids sort by time across restarts: they count on from the milliseconds at the start, with room for a million runs a
/// second.
std::uint64_t first_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) << 20;
}

}  // namespace

const Value* RunResult::find(std::string_view key) const noexcept {
  for (auto entry = data.rbegin(); entry != data.rend(); ++entry) {
    if (entry->key.name == key) return &entry->value;
  }
  return nullptr;
}

Engine::Engine(EngineOptions options)
    : next_id_(first_id()),
      executor_("tenon-run", options.threads != 0 ? options.threads : std::thread::hardware_concurrency()),
      blocking_("tenon-block", options.blocking_threads) {}

Engine::~Engine() = default;

Result<Run*> Engine::admit(RunRequest&& request) {
  const Chain& chain = *request.chain;
  for (const auto& [name, value] : request.input) {
    if (std::find(chain.inputs.begin(), chain.inputs.end(), name) == chain.inputs.end()) {
      std::string known;
      for (const std::string& input : chain.inputs) known.append(known.empty() ? "" : ", ").append(input);
      return make_error("FLOW.1013", "the chain has no such input",
                        "'" + name + "' (chain '" + chain.name + "' takes: " + (known.empty() ? "none" : known) + ")");
    }
  }
  for (const std::string& input : chain.inputs) {
    if (std::none_of(request.input.begin(), request.input.end(), [&](const auto& i) { return i.first == input; })) {
      return make_error("FLOW.1012", "an input of the chain is missing",
                        "'" + input + "' (chain '" + chain.name + "')");
    }
  }

  auto* run = new Run(*this, next_id_.fetch_add(1, std::memory_order_relaxed), std::move(request));
  {
    std::lock_guard lock(mutex_);
    if (!closed_) {
      run->next_run_ = runs_;
      if (runs_ != nullptr) runs_->previous_ = run;
      runs_ = run;
      ++count_;
      return run;
    }
  }
  delete run;
  return make_error("FLOW.1011", "the node is stopping and starts no runs");
}

Result<std::uint64_t> Engine::start(RunRequest request) {
  Result<Run*> run = admit(std::move(request));
  if (!run) return std::move(run).error();
  const std::uint64_t id = (*run)->id();
  (*run)->begin();
  return id;
}

Result<std::uint64_t> Engine::post(RunRequest request) {
  Result<Run*> run = admit(std::move(request));
  if (!run) return std::move(run).error();
  const std::uint64_t id = (*run)->id();
  executor_.post([run = *run] { run->begin(); });
  return id;
}

void Engine::retire(Run& run, const std::function<void()>& done) {
  {
    std::lock_guard lock(mutex_);
    (run.previous_ != nullptr ? run.previous_->next_run_ : runs_) = run.next_run_;
    if (run.next_run_ != nullptr) run.next_run_->previous_ = run.previous_;
  }
  delete &run;
  done();
  std::lock_guard lock(mutex_);
  if (--count_ == 0) idle_.notify_all();
}

Run* Engine::find(std::uint64_t run) const {
  Run* found = runs_;
  while (found != nullptr && found->id() != run) found = found->next_run_;
  return found;
}

bool Engine::cancel(std::uint64_t run) {
  std::lock_guard lock(mutex_);
  Run* found = find(run);
  if (found != nullptr) found->cancel();
  return found != nullptr;
}

void Engine::cancel_all() {
  std::lock_guard lock(mutex_);
  for (Run* run = runs_; run != nullptr; run = run->next_run_) run->cancel();
}

void Engine::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

bool Engine::wait_idle(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, timeout, [&] { return count_ == 0; });
}

std::size_t Engine::in_flight() const {
  std::lock_guard lock(mutex_);
  return count_;
}

std::string Engine::describe_step(std::uint64_t run, std::uint32_t step) const {
  std::lock_guard lock(mutex_);
  const Run* found = find(run);
  if (found == nullptr || step >= found->chain().steps.size()) return {};
  return "flow '" + found->chain().steps[step].name + "' of chain '" + found->chain().name + "'";
}

}  // namespace tenon::flow
