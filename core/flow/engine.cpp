#include "flow/engine.h"

#include <algorithm>
#include <boost/intrusive/unordered_set.hpp>
#include <thread>
#include <utility>

#include "flow/engine_state.h"
#include "flow/journal.h"
#include "flow/run.h"
#include "flow/run_history.h"

namespace tenon::flow {
namespace {

/// Ids sort by time across restarts: they count on from the milliseconds at the start, with room for a million runs a
/// second.
std::uint64_t first_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) << 20;
}

std::string list_of_inputs(const Chain& chain) {
  std::string known;
  for (const ChainInput& input : chain.inputs) known.append(known.empty() ? "" : ", ").append(input.key);
  return known.empty() ? "none" : known;
}

Result<void> check_inputs(const RunRequest& request) {
  const Chain& chain = *request.chain;
  for (const auto& [name, value] : request.input) {
    if (chain.has_input(name)) continue;
    return make_error("FLOW.1013", "the chain has no such input",
                      "'" + name + "' (chain '" + chain.name + "' takes: " + list_of_inputs(chain) + ")");
  }
  for (const ChainInput& input : chain.inputs) {
    if (std::any_of(request.input.begin(), request.input.end(), [&](const auto& i) { return i.first == input.key; })) {
      continue;
    }
    return make_error("FLOW.1012", "an input of the chain is missing",
                      "'" + input.key + "' (chain '" + chain.name + "')");
  }
  return {};
}

Result<void> check_kept(const RunRequest& request) {
  for (const auto& [name, value] : request.input) {
    if (Journal::keeps(value)) continue;
    return make_error("FLOW.1033", "a value can't be kept: its type has no JSON form",
                      name + " is " + std::string(value.type_name()));
  }
  return {};
}

/// A chain of open inputs with those that are given as its own: who reads the run's data needs their names for as long
/// as it has the chain.
std::shared_ptr<const Chain> with_inputs(std::shared_ptr<const Chain> chain,
                                         const std::vector<std::pair<std::string, Value>>& given) {
  if (!chain->open_inputs || given.empty()) return chain;
  auto own = std::make_shared<Chain>(*chain);
  for (const auto& [name, value] : given) own->inputs.push_back({name, chain->place});
  return own;
}

/// Sorted, so that all runs take them in one order.
Result<std::vector<std::string>> lock_names(const RunRequest& request) {
  std::vector<std::string> names;
  for (const LockPolicy& lock : request.chain->locks) {
    Result<std::string> name = lock.key.name([&](std::string_view key) -> const Value* {
      for (const auto& [input, value] : request.input) {
        if (input == key) return &value;
      }
      return nullptr;
    });
    if (!name) {
      ErrorCode error = std::move(name).error();
      error.elaboration.emplace("place", lock.place.to_string());
      return error;
    }
    names.push_back(std::move(name).value());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

const Value* RunResult::find(std::string_view key) const noexcept {
  for (auto entry = data.rbegin(); entry != data.rend(); ++entry) {
    if (entry->key.name == key) return &entry->value;
  }
  return nullptr;
}

/// Ids follow one another, so their low bits are a perfect hash.
struct Engine::State::Runs {
  struct Id {
    using type = std::uint64_t;
    type operator()(const Run& run) const noexcept { return run.id(); }
  };
  struct Hash {
    std::size_t operator()(std::uint64_t id) const noexcept { return id; }
  };
  using Set = boost::intrusive::unordered_set<Run, boost::intrusive::key_of_value<Id>, boost::intrusive::hash<Hash>,
                                              boost::intrusive::equal<std::equal_to<>>,
                                              boost::intrusive::power_2_buckets<true>>;

  std::vector<Set::bucket_type> buckets{64};
  Set set{Set::bucket_traits(buckets.data(), buckets.size())};

  /// False if there is one of this id.
  [[nodiscard]] bool add(Run& run) {
    if (set.size() == buckets.size()) {
      std::vector<Set::bucket_type> more(buckets.size() * 2);
      set.rehash(Set::bucket_traits(more.data(), more.size()));
      buckets.swap(more);
    }
    return set.insert(run).second;
  }
  /// Counted, or null.
  [[nodiscard]] RunRef find(std::uint64_t id) {
    const auto found = set.find(id);
    return found != set.end() ? RunRef(&*found) : RunRef();
  }
  [[nodiscard]] std::vector<RunRef> all(std::size_t limit) {
    std::vector<RunRef> runs;
    for (Run& run : set) {
      if (runs.size() == limit) break;
      runs.emplace_back(&run);
    }
    return runs;
  }
};

Engine::State::State(const EngineOptions& options)
    : next_id(options.first_run != 0 ? options.first_run : std::max(first_id(), options.last_run + 1)),
      clock(options.clock ? options.clock : std::make_shared<SystemClock>()),
      journal(options.journal),
      transactions(options.transactions),
      runs(std::make_unique<Runs>()),
      executor("tenon-run", options.threads != 0 ? options.threads : std::thread::hardware_concurrency()),
      blocking("tenon-block", options.blocking_threads) {}

Engine::State::~State() = default;

void Engine::State::ended(Run& run, bool goes) {
  {
    std::lock_guard lock(mutex);
    if (goes) runs->set.erase(runs->set.iterator_to(run));
    if (--in_flight == 0 && given_up == 0) idle.notify_all();
  }
  if (goes) intrusive_ptr_release(&run);
}

void Engine::State::forget(Run& run) {
  {
    std::lock_guard lock(mutex);
    runs->set.erase(runs->set.iterator_to(run));
  }
  intrusive_ptr_release(&run);
}

void Engine::State::count_given_up(int change) {
  std::lock_guard lock(mutex);
  given_up = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(given_up) + change);
  if (in_flight == 0 && given_up == 0) idle.notify_all();
}

Engine::Engine(EngineOptions options) : state_(std::make_unique<State>(options)) {}

Engine::~Engine() = default;

Result<Run*> Engine::admit(RunRequest&& request) {
  if (Result<void> good = check_inputs(request); !good) return std::move(good).error();
  Result<std::vector<std::string>> locks = lock_names(request);
  if (!locks) return std::move(locks).error();
  Journal* const journal = request.chain->is_volatile ? nullptr : state_->journal;
  if (journal != nullptr) {
    if (Result<void> kept = check_kept(request); !kept) return std::move(kept).error();
  }
  request.chain = with_inputs(std::move(request.chain), request.input);
  std::unique_lock order(state_->order, std::defer_lock);
  if (!locks->empty()) order.lock();
  const std::uint64_t id = state_->next_id.fetch_add(1, std::memory_order_relaxed);
  return admit(new Run(*state_, {id, id}, std::move(request), std::move(locks).value(), journal), {});
}

Result<Run*> Engine::admit(Run* run, std::vector<std::pair<std::string, std::uint64_t>> held) {
  bool twice = false;
  run->ask_for_locks(held);
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->closed) {
      const bool added = state_->runs->add(*run);
      state_->in_flight += added ? 1 : 0;
      if (added) return run;
      twice = true;
    }
  }
  const std::string name = run_name(run->id());
  run->give_back_locks();
  intrusive_ptr_release(run);
  if (twice) return make_error("FLOW.1048", "the run is in flight already", name);
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

Result<std::uint64_t> Engine::recover(RecoveredRun recovered) {
  RunRequest request;
  request.chain = recovered.chain;
  for (const RecoveredRun::Entry& entry : recovered.data) {
    if (entry.step < 0) request.input.emplace_back(entry.key, entry.value);
  }
  if (Result<void> good = check_inputs(request); !good) {
    ErrorCode error = make_error("FLOW.1046", "the records of a run do not fit its chain");
    error.causes.push_back(std::move(good).error());
    return error;
  }
  Result<std::unique_ptr<RunHistory>> history = RunHistory::make(recovered);
  if (!history) return std::move(history).error();
  Result<std::vector<std::string>> locks = lock_names(request);
  if (!locks) return std::move(locks).error();
  request.observer = std::move(recovered.observer);
  request.done = std::move(recovered.done_with);
  const std::lock_guard order(state_->order);
  const std::uint64_t id = recovered.id != 0 ? recovered.id : state_->next_id.fetch_add(1, std::memory_order_relaxed);
  std::uint64_t next = state_->next_id.load(std::memory_order_relaxed);
  while (next <= id && !state_->next_id.compare_exchange_weak(next, id + 1, std::memory_order_relaxed)) {
  }
  const RunIds ids{id, recovered.owner != 0 ? recovered.owner : id};
  Result<Run*> run = admit(new Run(*state_, ids, std::move(request), std::move(locks).value(),
                                   recovered.journaled ? state_->journal : nullptr),
                           take_held(id));
  if (!run) return std::move(run).error();
  (*run)->take_up(std::move(history).value(), recovered.sequence);
  return id;
}

void Engine::hold(std::uint64_t run, std::vector<std::string> locks) {
  const std::lock_guard order(state_->order);
  std::lock_guard lock(state_->mutex);
  const auto [held, is_new] = state_->held.try_emplace(run);
  if (!is_new) return;
  for (std::string& name : locks) {
    Permits::Request asked = 0;
    state_->permits.take(
        name, 1, run, [] {}, asked);
    held->second.emplace_back(std::move(name), asked);
  }
}

std::vector<std::pair<std::string, std::uint64_t>> Engine::take_held(std::uint64_t run) {
  std::lock_guard lock(state_->mutex);
  const auto found = state_->held.find(run);
  if (found == state_->held.end()) return {};
  auto held = std::move(found->second);
  state_->held.erase(found);
  return held;
}

void Engine::let_go(std::uint64_t run) {
  for (const auto& [name, asked] : take_held(run)) {
    if (!state_->permits.withdraw(name, asked)) state_->permits.give_back(name, run);
  }
}

RunRef Engine::find(std::uint64_t id) const {
  std::lock_guard lock(state_->mutex);
  return state_->runs->find(id);
}

void Engine::release(std::uint64_t id) {
  if (const RunRef run = find(id)) run->release();
}

bool Engine::pause(std::uint64_t id) {
  const RunRef run = find(id);
  return run && run->pause();
}

bool Engine::resume(std::uint64_t id) {
  const RunRef run = find(id);
  return run && run->resume();
}

Result<void> Engine::direct(std::uint64_t id, Directive directive) {
  const RunRef run = find(id);
  if (!run) return make_error("FLOW.1041", "the run is not paused", "it is not in flight");
  return run->direct(std::move(directive));
}

Result<void> Engine::may_direct(std::uint64_t id, const Directive& directive) const {
  const RunRef run = find(id);
  if (!run) return make_error("FLOW.1041", "the run is not paused", "it is not in flight");
  return run->may_direct(directive);
}

bool Engine::hurry(std::uint64_t id) {
  const RunRef run = find(id);
  return run && run->hurry();
}

bool Engine::cancel(std::uint64_t id) {
  const RunRef run = find(id);
  return run && run->cancel();
}

void Engine::cancel_all() {
  std::vector<RunRef> runs;
  {
    std::lock_guard lock(state_->mutex);
    runs = state_->runs->all(SIZE_MAX);
  }
  for (const RunRef& run : runs) run->cancel();
}

void Engine::close() {
  std::lock_guard lock(state_->mutex);
  state_->closed = true;
}

bool Engine::wait_idle(std::chrono::milliseconds timeout) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, timeout, [&] { return state_->in_flight == 0 && state_->given_up == 0; });
}

bool Engine::only_standing(bool commits) const {
  std::vector<RunRef> runs;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->given_up != 0) return false;
    runs = state_->runs->all(SIZE_MAX);
  }
  return std::all_of(runs.begin(), runs.end(), [&](const RunRef& run) { return run->stands(commits); });
}

void Engine::drop_standing() {
  std::vector<RunRef> runs;
  std::lock_guard lock(state_->mutex);
  runs = state_->runs->all(SIZE_MAX);
  for (const RunRef& run : runs) {
    if (!run->stands(true)) continue;
    state_->runs->set.erase(state_->runs->set.iterator_to(*run));
    --state_->in_flight;
    intrusive_ptr_release(run.get());
  }
}

std::size_t Engine::in_flight() const {
  std::lock_guard lock(state_->mutex);
  return state_->in_flight;
}

std::optional<RunState> Engine::inspect(std::uint64_t id) const {
  const RunRef run = find(id);
  if (!run) return std::nullopt;
  return run->inspect();
}

std::vector<RunState> Engine::inspect_all(std::size_t limit) const {
  std::vector<RunRef> runs;
  {
    std::lock_guard lock(state_->mutex);
    runs = state_->runs->all(limit);
  }
  std::vector<RunState> states;
  states.reserve(runs.size());
  for (const RunRef& run : runs) states.push_back(run->inspect());
  return states;
}

std::vector<RunState> Engine::inspect_where(const std::function<bool(const Chain& chain)>& wanted,
                                            std::size_t limit) const {
  std::vector<RunRef> runs;
  {
    std::lock_guard lock(state_->mutex);
    runs = state_->runs->all(SIZE_MAX);
  }
  std::vector<RunState> states;
  for (const RunRef& run : runs) {
    if (states.size() == limit) break;
    if (std::optional<RunState> state = run->inspect_if(wanted)) states.push_back(std::move(*state));
  }
  return states;
}

std::string Engine::describe_step(std::uint64_t id, std::uint32_t step) const {
  const RunRef run = find(id);
  return run ? run->describe(step) : std::string();
}

Executor& Engine::executor() noexcept { return state_->executor; }

}  // namespace tenon::flow
