#include "journal/run_keeper.h"

#include <tenon/log.h>

#include <algorithm>
#include <future>

#include "flow/run.h"
#include "journal/debts.h"
#include "journal/errors.h"
#include "journal/pending.h"
#include "journal/runs.h"

namespace tenon::journal {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5s;
/// How often it looks for debts that are due.
constexpr auto kInterval = 250ms;

/// Whether a later start may find what was missing: a plugin, or a type as it was.
bool may_pass(std::string_view reason) {
  for (const std::string_view code : {"FLOW.1044", "FLOW.1045", "FLOW.1046", "FLOW.1047", "JOURNAL.1002"}) {
    if (reason.starts_with(code)) return true;
  }
  return false;
}

ErrorCode not_now(std::string_view what, std::uint64_t run) {
  return make_error(kNotNow, "this can't be done to the run now", flow::run_name(run) + " " + std::string(what));
}

ErrorCode no_such_debt(std::string_view key) {
  return make_error(kNoSuchDebt, "there is no open debt of this key", std::string(key));
}

Json detail_of(const RunOrder& order) {
  if (order.verb != Verb::kSkipStep && order.verb != Verb::kMarkDone) return {};
  Json detail = Json::object().add("step", std::int64_t{order.step});
  Json data = Json::object();
  for (const auto& [key, value] : order.data) data.add(key, value);
  if (!order.data.empty()) detail.add("data", std::move(data));
  return detail;
}

flow::Engine::Directive directive_of(const RunOrder& order) {
  using Kind = flow::Engine::Directive::Kind;
  flow::Engine::Directive directive;
  directive.kind = order.verb == Verb::kMarkDone ? Kind::kMarkDone : Kind::kSkip;
  directive.step = order.step;
  for (const auto& [key, value] : order.data) directive.data.emplace_back(key, Value::of<Json>(value));
  return directive;
}

/// Names of the limits of its chain that the run's data give.
std::vector<std::pair<std::string, std::uint32_t>> limits_of(const flow::RecoveredRun& run) {
  std::vector<std::pair<std::string, std::uint32_t>> limits;
  for (const flow::ChainStep& step : run.chain->steps) {
    if (!step.policy || !step.policy->concurrency) continue;
    const auto name = step.policy->concurrency->key.name([&](std::string_view key) -> const Value* {
      for (auto entry = run.data.rbegin(); entry != run.data.rend(); ++entry) {
        if (entry->key == key) return &entry->value;
      }
      return nullptr;
    });
    const auto same = [&](const auto& limit) { return limit.first == *name; };
    if (name && std::none_of(limits.begin(), limits.end(), same)) {
      limits.emplace_back(*name, step.policy->concurrency->limit);
    }
  }
  return limits;
}

}  // namespace

RunKeeper::RunKeeper(store::Store& store, flow::Engine& engine, KeeperOptions options)
    : options_(std::move(options)),
      pool_(store, 4),
      engine_(engine),
      chains_(options_.chain),
      debts_(engine, chains_, options_.node, [this] { look(); }) {}

RunKeeper::~RunKeeper() { stop(); }

Result<RunKeeper::Lease> RunKeeper::connection() { return pool_.take(kPatience); }

void RunKeeper::look() {
  const std::lock_guard lock(mutex_);
  look_ = true;
  changed_.notify_all();
}

Result<void> RunKeeper::park(store::Connection& connection, const LiveRun& run, const std::string& reason) {
  log::error("a run is parked", {{"run", flow::run_name(run.id)}, {"reason", reason}});
  if (Result<void> parked = park_run(connection, options_.node, run.id, reason); !parked) return parked;
  engine_.hold(run.id, run.locks);
  const std::lock_guard lock(mutex_);
  parked_.insert(run.id);
  return {};
}

Result<void> RunKeeper::admit(store::Connection& connection, const LiveRun& run) {
  const Result<RecordedChains::Chain> made = chains_.get(connection, run.definition);
  if (!made && made.error().code.starts_with("STORE.")) return made.error();  // that says nothing of the run
  if (!made) return park(connection, run, made.error().to_string());
  Result<flow::RecoveredRun> recovered = recovered_run(run, *made, microseconds_now());
  if (!recovered) return park(connection, run, recovered.error().to_string());
  Queued queued{run.id, limits_of(*recovered)};
  if (options_.observer) recovered->observer = options_.observer(run.id, **made);
  recovered->done_with = [this, id = run.id](const flow::RunResult& result) {
    if (options_.ended) options_.ended(result);
    ended(id);
  };
  const Result<std::uint64_t> begun = engine_.recover(std::move(recovered).value());
  if (!begun) return park(connection, run, begun.error().to_string());
  if (run.paused) engine_.pause(run.id);
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(queued));
  look_ = true;
  return {};
}

Result<std::size_t> RunKeeper::take_up() {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  store::Connection& store = **lease;
  if (const auto claimed = claim_runs(store, options_.node); !claimed) return claimed.error();
  if (const auto due = debts_due_on_start(store, microseconds_now()); !due) return due.error();
  Result<std::vector<LiveRun>> runs = load_live(store, options_.node);
  if (!runs) return std::move(runs).error();
  // In the order of their ids, as they come: of those that name one lock, the oldest held it.
  std::vector<RecordedChains::Chain> kept;  // made once for all runs of a definition
  std::size_t count = 0;
  for (LiveRun& run : *runs) {
    if (!run.parked.empty() && !may_pass(run.parked)) {
      engine_.hold(run.id, run.locks);
      const std::lock_guard lock(mutex_);
      parked_.insert(run.id);
      continue;
    }
    if (!run.parked.empty()) {
      if (const auto unparked = unpark_run(store, options_.node, run.id); !unparked) return unparked.error();
      run.recoveries = 0;
    }
    Result<void> done;
    if (run.recoveries > options_.most_recoveries) {
      done = park(store, run, "the node ended " + std::to_string(run.recoveries) + " times while it was under way");
    } else {
      if (Result<RecordedChains::Chain> made = chains_.get(store, run.definition);
          made && (kept.empty() || kept.back() != *made)) {
        kept.push_back(std::move(made).value());
      }
      done = admit(store, run);
    }
    if (!done) return done.error();
    ++count;
  }
  if (count > 0) log::info("runs are taken up that another process left", {{"runs", count}});
  thread_ = std::thread([this] { work(); });
  return count;
}

void RunKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RunKeeper::ended(std::uint64_t run) {
  const std::lock_guard lock(mutex_);
  const auto found = at_work_.find(run);
  if (found != at_work_.end()) {
    for (const auto& limit : found->second) --in_use_[limit.first];
    at_work_.erase(found);
  }
  look_ = true;
  changed_.notify_all();
}

// ---- the thread
// ------------------------------------------------------------------------------------------------------

void RunKeeper::work() {
  bool complained = false;
  auto next_sweep = std::chrono::steady_clock::now() + options_.sweep_interval;
  while (true) {
    bool timed_out = false;
    bool plugins_changed = false;
    {
      std::unique_lock lock(mutex_);
      timed_out = !changed_.wait_for(lock, kInterval, [&] { return stopped_ || look_; });
      if (stopped_) return;
      look_ = false;
      plugins_changed = plugins_changed_;
      plugins_changed_ = false;
    }
    release_some(timed_out);
    Result<void> done;
    if (const Result<Lease> lease = connection()) {
      if (plugins_changed) done = try_parked(**lease);
      if (done) done = debts_.work(**lease);
      if (done && std::chrono::steady_clock::now() >= next_sweep) {
        next_sweep = std::chrono::steady_clock::now() + options_.sweep_interval;
        const Result<Swept> swept = sweep(**lease, options_.retention, microseconds_now());
        if (!swept) done = swept.error();
        if (swept && swept->runs > 0) log::info("old runs are deleted", {{"runs", swept->runs}});
      }
    } else {
      done = lease.error();
    }
    if (!done && plugins_changed) this->plugins_changed();
    if (!done && !complained) log::warning("debts can't be looked at", {{"error", done.error().to_string()}});
    complained = !done;
  }
}

void RunKeeper::plugins_changed() {
  const std::lock_guard lock(mutex_);
  plugins_changed_ = true;
  look_ = true;
  changed_.notify_all();
}

Result<void> RunKeeper::try_parked(store::Connection& connection) {
  std::vector<std::uint64_t> parked;
  {
    const std::lock_guard lock(mutex_);
    parked.assign(parked_.begin(), parked_.end());
  }
  std::sort(parked.begin(), parked.end());
  for (const std::uint64_t id : parked) {
    const Result<LiveRun> run = load_live_run(connection, id);
    if (!run) {
      if (run.error().code.starts_with("STORE.")) return run.error();
      continue;  // it has ended meanwhile
    }
    if (!may_pass(run->parked) || !chains_.get(connection, run->definition)) continue;
    log::info("a parked run is taken up, as what was missing is there", {{"run", flow::run_name(id)}});
    if (Result<void> taken = take_up_parked(id); !taken && taken.error().code.starts_with("STORE.")) return taken;
  }
  return {};
}

void RunKeeper::release_some(bool more) {
  // One that waits for another, in whatever way, must not keep all the others: some go on as time passes.
  std::size_t spare = more ? std::max<std::size_t>(options_.at_once / 4, 1) : 0;
  std::vector<std::uint64_t> released;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = queue_.begin(); next != queue_.end();) {
      const bool room = at_work_.size() < options_.at_once &&
                        std::all_of(next->limits.begin(), next->limits.end(),
                                    [&](const auto& limit) { return in_use_[limit.first] < limit.second; });
      if (!room && spare == 0) {
        if (at_work_.size() >= options_.at_once) break;
        ++next;
        continue;
      }
      if (!room) --spare;
      for (const auto& limit : next->limits) ++in_use_[limit.first];
      released.push_back(next->run);
      at_work_.emplace(next->run, std::move(next->limits));
      next = queue_.erase(next);
    }
  }
  for (const std::uint64_t run : released) engine_.release(run);
}

// ---- operators
// -------------------------------------------------------------------------------------------------------

bool RunKeeper::is_parked(std::uint64_t run) const {
  const std::lock_guard lock(mutex_);
  return parked_.contains(run);
}

Result<void> RunKeeper::check(const RunOrder& order, const std::optional<flow::RunState>& state) const {
  const bool parked = is_parked(order.run);
  const bool live = state && !state->ended;
  if (!parked && !live) return not_now("has ended", order.run);
  const auto waits = [&](flow::Waiting waiting) {
    return live && std::any_of(state->places.begin(), state->places.end(),
                               [&](const flow::RunPlace& place) { return place.waiting == waiting; });
  };
  switch (order.verb) {
    case Verb::kCancel:
    case Verb::kPause: return {};  // of a parked run: when it is taken up
    case Verb::kResume: return parked || state->paused ? Result<void>() : not_now("is not paused", order.run);
    case Verb::kRetry:
    case Verb::kUnpark:
      if (parked || waits(flow::Waiting::kBackoff)) return {};
      return not_now("is neither parked nor waits for its next attempt", order.run);
    case Verb::kSkipStep:
    case Verb::kMarkDone:
      if (parked) return not_now("is parked: retry it first", order.run);
      return waits(flow::Waiting::kPaused) ? Result<void>() : not_now("is not paused", order.run);
    case Verb::kRetryDebt:
    case Verb::kSettleDebt: break;
  }
  return make_error(kNotNow, "no such order for a run", std::string(verb_name(order.verb)));
}

Result<void> RunKeeper::may_order(const RunOrder& order) {
  const std::optional<flow::RunState> state = engine_.inspect(order.run);
  if (!state && !is_parked(order.run)) {
    const Result<Lease> lease = connection();
    if (!lease) return lease.error();
    const Result<std::optional<RunHistory>> known = read_run(**lease, order.run);
    if (!known) return known.error();
    if (!*known) return make_error(kNoSuchRun, "no such run", flow::run_name(order.run));
  }
  if (Result<void> good = check(order, state); !good) return good;
  const bool directs = order.verb == Verb::kSkipStep || order.verb == Verb::kMarkDone;
  return directs ? engine_.may_direct(order.run, directive_of(order)) : Result<void>();
}

Result<void> RunKeeper::order(const RunOrder& order) {
  if (Result<void> may = may_order(order); !may) return may;
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const Action action{order.run, order.verb, order.who, order.why, detail_of(order)};
  if (Result<void> recorded = record_actions(**lease, {&action, 1}); !recorded) return recorded;
  log::info(
      "an operator's order",
      {{"run", flow::run_name(order.run)}, {"verb", verb_name(order.verb)}, {"who", order.who}, {"why", order.why}});
  switch (order.verb) {
    case Verb::kCancel:
      if (is_parked(order.run)) return take_up_parked(order.run);
      engine_.cancel(order.run);
      engine_.resume(order.run);
      return {};
    case Verb::kPause: engine_.pause(order.run); return {};
    case Verb::kResume:
      return is_parked(order.run) || engine_.resume(order.run) ? Result<void>() : not_now("is not paused", order.run);
    case Verb::kRetry:
    case Verb::kUnpark:
      if (is_parked(order.run)) return take_up_parked(order.run);
      engine_.hurry(order.run);
      return {};
    case Verb::kSkipStep:
    case Verb::kMarkDone: break;
    case Verb::kRetryDebt:
    case Verb::kSettleDebt: return {};
  }
  return direct(order.run, directive_of(order));
}

Result<void> RunKeeper::direct(std::uint64_t run, flow::Engine::Directive directive) {
  const auto told = std::make_shared<std::promise<Result<void>>>();
  directive.recorded = [told](const ErrorCode* refused) {
    told->set_value(refused != nullptr ? Result<void>(*refused) : Result<void>());
  };
  std::future<Result<void>> recorded = told->get_future();
  if (Result<void> given = engine_.direct(run, std::move(directive)); !given) return given;
  if (recorded.wait_for(kPatience) == std::future_status::ready) return recorded.get();
  return make_error(kNotYet, "the order is not recorded yet", flow::run_name(run) + " waits for the store");
}

Result<void> RunKeeper::take_up_parked(std::uint64_t run) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  if (const auto unparked = unpark_run(**lease, options_.node, run); !unparked) return unparked.error();
  const Result<LiveRun> live = load_live_run(**lease, run);
  if (!live) return live.error();
  {
    const std::lock_guard lock(mutex_);
    parked_.erase(run);
  }
  if (Result<void> admitted = admit(**lease, *live); !admitted) {
    const std::lock_guard lock(mutex_);
    parked_.insert(run);  // it is where it was, for the next try
    return admitted;
  }
  if (is_parked(run)) return not_now("is parked again: see its reason", run);
  look();
  return {};
}

Result<std::vector<PreviewedUndo>> RunKeeper::preview_cancel(std::uint64_t id) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const Result<LiveRun> run = load_live_run(**lease, id);
  if (!run) return run.error();
  const Result<RecordedChains::Chain> made = chains_.get(**lease, run->definition);
  if (!made) return made.error();
  const std::vector<flow::ChainStep>& steps = (*made)->steps;
  std::vector<PreviewedUndo> undos;
  const auto add = [&](std::uint32_t step, bool perhaps) {
    if (step >= steps.size() || steps[step].side == flow::StepSide::kRelease) return;
    undos.push_back({step, steps[step].name, steps[step].plugin, perhaps, steps[step].has_undo});
  };
  const auto is_done = [&](std::size_t step) {
    return std::find(run->done.begin(), run->done.end(), step) != run->done.end();
  };
  const std::optional<flow::RunState> state = engine_.inspect(id);
  if (!run->turned && state) {
    for (const flow::RunPlace& place : state->places) {
      const bool begun = place.waiting == flow::Waiting::kNothing || place.waiting == flow::Waiting::kAnswer ||
                         place.waiting == flow::Waiting::kGrace || place.waiting == flow::Waiting::kCommit;
      if (begun && place.direction == flow::Direction::kForward && !is_done(place.step)) {
        add(static_cast<std::uint32_t>(place.step), true);
      }
    }
  } else if (!run->turned) {
    for (std::uint32_t step = 0; step < steps.size(); ++step) {
      const bool skipped = std::find(run->skipped.begin(), run->skipped.end(), step) != run->skipped.end();
      if (is_done(step) || skipped) continue;
      add(step, true);
      break;
    }
  }
  for (auto step = run->done.rbegin(); step != run->done.rend(); ++step) add(*step, false);
  return undos;
}

// ---- debts
// -----------------------------------------------------------------------------------------------------------

Result<void> RunKeeper::retry_debt(std::string_view key, std::string_view who, std::string_view why) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const Result<bool> found = journal::retry_debt(**lease, key, who, why, microseconds_now());
  if (!found) return found.error();
  if (!*found) return no_such_debt(key);
  look();
  return {};
}

Result<void> RunKeeper::settle_debt(std::string_view key, std::string_view who, std::string_view why) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const Result<bool> found = journal::settle_debt(**lease, key, who, why, microseconds_now());
  if (!found) return found.error();
  return *found ? Result<void>() : no_such_debt(key);
}

void RunKeeper::event(std::string name) {
  debts_.event(std::move(name));
  look();
}

KeeperState RunKeeper::state() const {
  const std::lock_guard lock(mutex_);
  return {queue_.size() + at_work_.size(), parked_.size(), debts_.at_work()};
}

}  // namespace tenon::journal
