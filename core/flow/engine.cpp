#include "flow/engine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "flow/engine_state.h"
#include "flow/run.h"

namespace tenon::flow {

/// Ids sort by time across restarts: they count on from the milliseconds at the start, with room for a million runs a
/// second.
std::uint64_t first_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) << 20;
}

const Value* RunResult::find(std::string_view key) const noexcept {
  for (auto entry = data.rbegin(); entry != data.rend(); ++entry) {
    if (entry->key.name == key) return &entry->value;
  }
  return nullptr;
}

Engine::Engine(EngineOptions options) : state_(std::make_unique<State>(options)) {}

Engine::~Engine() = default;

Result<Run*> Engine::admit(RunRequest&& request) {
  const Chain& chain = *request.chain;
  for (const auto& [name, value] : request.input) {
    if (!chain.has_input(name)) {
      std::string known;
      for (const ChainInput& input : chain.inputs) known.append(known.empty() ? "" : ", ").append(input.key);
      return make_error("FLOW.1013", "the chain has no such input",
                        "'" + name + "' (chain '" + chain.name + "' takes: " + (known.empty() ? "none" : known) + ")");
    }
  }
  for (const ChainInput& input : chain.inputs) {
    if (std::none_of(request.input.begin(), request.input.end(), [&](const auto& i) { return i.first == input.key; })) {
      return make_error("FLOW.1012", "an input of the chain is missing",
                        "'" + input.key + "' (chain '" + chain.name + "')");
    }
  }

  auto* run = new Run(*state_, state_->next_id.fetch_add(1, std::memory_order_relaxed), std::move(request));
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->closed) {
      run->next_run_ = state_->runs;
      if (state_->runs != nullptr) state_->runs->previous_ = run;
      state_->runs = run;
      ++state_->count;
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
  state_->executor.post([run = *run] { run->begin(); });
  return id;
}

void Engine::State::retire(Run& run, const std::function<void()>& done) {
  {
    std::lock_guard lock(mutex);
    (run.previous_ != nullptr ? run.previous_->next_run_ : runs) = run.next_run_;
    if (run.next_run_ != nullptr) run.next_run_->previous_ = run.previous_;
  }
  delete &run;
  done();
  std::lock_guard lock(mutex);
  if (--count == 0) idle.notify_all();
}

Run* Engine::State::find(std::uint64_t run) const {
  Run* found = runs;
  while (found != nullptr && found->id() != run) found = found->next_run_;
  return found;
}

bool Engine::cancel(std::uint64_t run) {
  std::lock_guard lock(state_->mutex);
  Run* found = state_->find(run);
  if (found != nullptr) found->cancel();
  return found != nullptr;
}

void Engine::cancel_all() {
  std::lock_guard lock(state_->mutex);
  for (Run* run = state_->runs; run != nullptr; run = run->next_run_) run->cancel();
}

void Engine::close() {
  std::lock_guard lock(state_->mutex);
  state_->closed = true;
}

bool Engine::wait_idle(std::chrono::milliseconds timeout) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, timeout, [&] { return state_->count == 0; });
}

std::size_t Engine::in_flight() const {
  std::lock_guard lock(state_->mutex);
  return state_->count;
}

std::string Engine::describe_step(std::uint64_t run, std::uint32_t step) const {
  std::lock_guard lock(state_->mutex);
  const Run* found = state_->find(run);
  if (found == nullptr || step >= found->chain().steps.size()) return {};
  return "flow '" + found->chain().steps[step].name + "' of chain '" + found->chain().name + "'";
}

Executor& Engine::executor() noexcept { return state_->executor; }

std::optional<RunState> Engine::inspect(std::uint64_t) const { return std::nullopt; }
std::vector<RunState> Engine::inspect_all(std::size_t) const { return {}; }

}  // namespace tenon::flow
