#include "journal/run_keeper.h"

#include <tenon/log.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "flow/run.h"
#include "journal/debts.h"
#include "journal/errors.h"
#include "journal/pending.h"
#include "journal/recovery.h"
#include "journal/runs.h"
#include "store/connection_pool.h"

namespace tenon::journal {
namespace {

using namespace std::chrono_literals;
using Lease = store::ConnectionPool::Lease;

constexpr auto kPatience = 5s;
/// How often it looks for debts that are due.
constexpr auto kInterval = 250ms;
constexpr std::size_t kDebtsAtOnce = 16;
/// A debt whose flow is away is looked at again after this many microseconds.
constexpr std::int64_t kAway = 60'000'000;

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

class RunKeeper::Work {
 public:
  Work(store::Store& store, flow::Engine& engine, KeeperOptions options)
      : pool_(store, 4), engine_(engine), options_(std::move(options)) {}
  ~Work() { stop(); }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  Result<std::size_t> take_up();
  void stop();
  Result<void> order(const RunOrder& order);
  Result<std::vector<PreviewedUndo>> preview_cancel(std::uint64_t run);
  Result<void> retry_debt(std::string_view key, std::string_view who, std::string_view why);
  Result<void> settle_debt(std::string_view key, std::string_view who, std::string_view why);
  Result<std::uint64_t> event(std::string_view name);
  KeeperState state() const;

 private:
  struct Waiting {
    std::uint64_t run = 0;
    std::vector<std::pair<std::string, std::uint32_t>> limits;
  };
  struct TriedDebt {
    std::string key;
    std::optional<ErrorCode> error;
  };
  using Chain = std::shared_ptr<const flow::Chain>;

  Result<Lease> connection() { return pool_.take(kPatience); }
  Result<Chain> chain(store::Connection& connection, std::int64_t definition);
  /// Hands the run to the engine, or parks it with the reason.
  Result<void> admit(store::Connection& connection, const LiveRun& run);
  Result<void> park(store::Connection& connection, const LiveRun& run, const std::string& reason);
  Result<void> take_up_parked(std::uint64_t run);
  Result<void> check(const RunOrder& order, const std::optional<flow::RunState>& state) const;
  [[nodiscard]] bool is_parked(std::uint64_t run) const;
  void ended(std::uint64_t run);

  // ---- on thread_
  void work();
  /// Lets as many go on as may; `more`: some, whatever else is at work.
  void release_some(bool more);
  Result<void> pay(store::Connection& connection);
  Result<void> try_debts(store::Connection& connection);
  Result<void> give_back_lost(store::Connection& connection);
  void try_debt(store::Connection& connection, const Debt& debt);

  store::ConnectionPool pool_;
  flow::Engine& engine_;
  const KeeperOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::int64_t, std::weak_ptr<const flow::Chain>> chains_;
  std::unordered_set<std::uint64_t> parked_;
  std::deque<Waiting> queue_;
  /// Let go on, and not at their end.
  std::map<std::uint64_t, std::vector<std::pair<std::string, std::uint32_t>>> at_work_;
  std::unordered_map<std::string, std::uint32_t> in_use_;
  std::deque<TriedDebt> tried_;
  std::set<std::string> debts_at_work_;
  bool taken_unknown_ = false;  // debts may have been taken whose keys did not come; thread_ only
  bool stopped_ = false;
  bool look_ = false;
  std::thread thread_;
};

Result<RunKeeper::Work::Chain> RunKeeper::Work::chain(store::Connection& connection, std::int64_t definition) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = chains_.find(definition); known != chains_.end()) {
      if (Chain chain = known->second.lock()) return chain;
    }
  }
  const Result<Definition> found = load_definition(connection, definition);
  if (!found) return found.error();
  Result<Chain> made = options_.chain(found->body);
  if (!made) return made;
  const std::lock_guard lock(mutex_);
  chains_[definition] = *made;
  return made;
}

Result<void> RunKeeper::Work::park(store::Connection& connection, const LiveRun& run, const std::string& reason) {
  log::error("a run is parked", {{"run", flow::run_name(run.id)}, {"reason", reason}});
  if (Result<void> parked = park_run(connection, options_.node, run.id, reason); !parked) return parked;
  engine_.hold(run.id, run.locks);
  const std::lock_guard lock(mutex_);
  parked_.insert(run.id);
  return {};
}

Result<void> RunKeeper::Work::admit(store::Connection& connection, const LiveRun& run) {
  const Result<Chain> made = chain(connection, run.definition);
  if (!made) return park(connection, run, made.error().to_string());
  Result<flow::RecoveredRun> recovered = recovered_run(run, *made, microseconds_now());
  if (!recovered) return park(connection, run, recovered.error().to_string());
  Waiting waiting{run.id, limits_of(*recovered)};
  if (options_.observer) recovered->observer = options_.observer(run.id, **made);
  recovered->done_with = [this, id = run.id](const flow::RunResult& result) {
    if (options_.ended) options_.ended(result);
    ended(id);
  };
  const Result<std::uint64_t> begun = engine_.recover(std::move(recovered).value());
  if (!begun) return park(connection, run, begun.error().to_string());
  if (run.paused) engine_.pause(run.id);
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(waiting));
  look_ = true;
  return {};
}

Result<std::size_t> RunKeeper::Work::take_up() {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  store::Connection& store = **lease;
  if (const auto claimed = claim_runs(store, options_.node); !claimed) return claimed.error();
  Result<std::vector<LiveRun>> runs = load_live(store, options_.node);
  if (!runs) return std::move(runs).error();
  // In the order of their ids, as they come: of those that name one lock, the oldest held it.
  std::vector<Chain> kept;  // made once for all runs of a definition
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
      if (Result<Chain> made = chain(store, run.definition); made && (kept.empty() || kept.back() != *made)) {
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

void RunKeeper::Work::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RunKeeper::Work::ended(std::uint64_t run) {
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

void RunKeeper::Work::work() {
  bool complained = false;
  auto next_sweep = std::chrono::steady_clock::now() + options_.sweep_interval;
  while (true) {
    bool timed_out = false;
    {
      std::unique_lock lock(mutex_);
      timed_out = !changed_.wait_for(lock, kInterval, [&] { return stopped_ || look_; });
      if (stopped_) return;
      look_ = false;
    }
    release_some(timed_out);
    Result<void> done;
    if (const Result<Lease> lease = connection()) {
      done = pay(**lease);
      if (done) done = try_debts(**lease);
      if (done && std::chrono::steady_clock::now() >= next_sweep) {
        next_sweep = std::chrono::steady_clock::now() + options_.sweep_interval;
        const Result<Swept> swept = sweep(**lease, options_.retention, microseconds_now());
        if (!swept) done = swept.error();
        if (swept && swept->runs > 0) log::info("old runs are deleted", {{"runs", swept->runs}});
      }
    } else {
      done = lease.error();
    }
    if (!done && !complained) log::warning("debts can't be looked at", {{"error", done.error().to_string()}});
    complained = !done;
  }
}

void RunKeeper::Work::release_some(bool more) {
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

Result<void> RunKeeper::Work::pay(store::Connection& connection) {
  while (true) {
    TriedDebt debt;
    {
      const std::lock_guard lock(mutex_);
      if (tried_.empty()) return {};
      debt = tried_.front();
    }
    thread_local std::minstd_rand generator(std::random_device{}());
    const double chance = std::uniform_real_distribution<double>(0, 1)(generator);
    const Result<bool> noted = debt.error ? debt_failed(connection, debt.key, *debt.error, microseconds_now(), chance)
                                          : journal::pay_debt(connection, debt.key, microseconds_now());
    if (!noted) return noted.error();
    if (!debt.error) log::info("a debt is paid", {{"debt", debt.key}});
    const std::lock_guard lock(mutex_);
    tried_.pop_front();
    debts_at_work_.erase(debt.key);
  }
}

Result<void> RunKeeper::Work::give_back_lost(store::Connection& connection) {
  const Result<std::vector<std::string>> taken = taken_debts(connection, options_.node);
  if (!taken) return taken.error();
  for (const std::string& key : *taken) {
    {
      const std::lock_guard lock(mutex_);
      if (debts_at_work_.contains(key)) continue;
    }
    if (const Result<bool> back = give_back_debt(connection, key); !back) return back.error();
  }
  taken_unknown_ = false;
  return {};
}

Result<void> RunKeeper::Work::try_debts(store::Connection& connection) {
  if (taken_unknown_) {
    if (Result<void> back = give_back_lost(connection); !back) return back;
  }
  std::size_t room = 0;
  {
    const std::lock_guard lock(mutex_);
    room = kDebtsAtOnce - std::min(kDebtsAtOnce, debts_at_work_.size());
  }
  if (room == 0) return {};
  const Result<std::optional<std::int64_t>> due = next_debt_due(connection);
  if (!due) return due.error();
  if (!*due || **due > microseconds_now()) return {};
  const Result<std::vector<Debt>> debts = take_due_debts(connection, options_.node, microseconds_now(), room);
  if (!debts) {
    taken_unknown_ = true;
    return debts.error();
  }
  for (const Debt& debt : *debts) try_debt(connection, debt);
  return {};
}

void RunKeeper::Work::try_debt(store::Connection& connection, const Debt& debt) {
  Result<Chain> made = chain(connection, debt.definition);
  Result<flow::RecoveredRun> run =
      made ? debt_run(debt, std::move(made).value(), 0) : Result<flow::RecoveredRun>(made.error());
  ErrorCode error;
  if (!run) {
    error = std::move(run).error();
  } else {
    run->done_with = [this, key = debt.key](const flow::RunResult& result) {
      TriedDebt tried{key, {}};
      if (result.error) {
        for (const ErrorCode& cause : result.error->causes) {
          if (cause.code == "FLOW.1006" || cause.code == "FLOW.1019") tried.error = cause;
        }
      }
      const std::lock_guard lock(mutex_);
      tried_.push_back(std::move(tried));
      look_ = true;
      changed_.notify_all();
    };
    {
      const std::lock_guard lock(mutex_);
      debts_at_work_.insert(debt.key);
    }
    Result<std::uint64_t> begun = engine_.recover(std::move(run).value());
    if (begun) {
      engine_.release(*begun);
      return;
    }
    error = std::move(begun).error();
    const std::lock_guard lock(mutex_);
    debts_at_work_.erase(debt.key);
  }
  taken_unknown_ = true;  // unless this is known to have worked, it is looked at again
  const auto deferred = defer_debt(connection, debt.key, error, microseconds_now() + kAway);
  log::warning("a debt can't be tried", {{"debt", debt.key}, {"error", error.to_string()}});
  if (!deferred) log::warning("a debt can't be put off", {{"error", deferred.error().to_string()}});
}

// ---- operators
// -------------------------------------------------------------------------------------------------------

bool RunKeeper::Work::is_parked(std::uint64_t run) const {
  const std::lock_guard lock(mutex_);
  return parked_.contains(run);
}

Result<void> RunKeeper::Work::check(const RunOrder& order, const std::optional<flow::RunState>& state) const {
  const bool parked = is_parked(order.run);
  const bool live = state && !state->ended;
  if (!parked && !live) return not_now("has ended", order.run);
  const auto waits = [&](flow::Waiting waiting) {
    return live && std::any_of(state->places.begin(), state->places.end(),
                               [&](const flow::RunPlace& place) { return place.waiting == waiting; });
  };
  switch (order.verb) {
    case Verb::kCancel: return {};
    case Verb::kPause: return parked ? Result<void>(not_now("is parked", order.run)) : Result<void>();
    case Verb::kResume: return parked ? Result<void>(not_now("is parked: retry it", order.run)) : Result<void>();
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

Result<void> RunKeeper::Work::order(const RunOrder& order) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const std::optional<flow::RunState> state = engine_.inspect(order.run);
  if (!state && !is_parked(order.run)) {
    const Result<std::optional<RunHistory>> known = read_run(**lease, order.run);
    if (!known) return known.error();
    if (!*known) return make_error(kNoSuchRun, "no such run", flow::run_name(order.run));
  }
  if (Result<void> good = check(order, state); !good) return good;
  flow::Engine::Directive directive = directive_of(order);
  if (order.verb == Verb::kSkipStep || order.verb == Verb::kMarkDone) {
    if (Result<void> good = engine_.may_direct(order.run, directive); !good) return good;
  }
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
    case Verb::kResume: return engine_.resume(order.run) ? Result<void>() : not_now("is not paused", order.run);
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
  return engine_.direct(order.run, std::move(directive));
}

Result<void> RunKeeper::Work::take_up_parked(std::uint64_t run) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const auto unparked = unpark_run(**lease, options_.node, run);
  if (!unparked) return unparked.error();
  {
    const std::lock_guard lock(mutex_);
    parked_.erase(run);
  }
  const Result<LiveRun> live = load_live_run(**lease, run);
  if (!live) return live.error();
  if (Result<void> admitted = admit(**lease, *live); !admitted) return admitted;
  if (is_parked(run)) return not_now("is parked again: see its reason", run);
  changed_.notify_all();
  return {};
}

Result<std::vector<PreviewedUndo>> RunKeeper::Work::preview_cancel(std::uint64_t id) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const Result<LiveRun> run = load_live_run(**lease, id);
  if (!run) return run.error();
  const Result<Chain> made = chain(**lease, run->definition);
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

Result<void> RunKeeper::Work::retry_debt(std::string_view key, std::string_view who, std::string_view why) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const Result<bool> found = journal::retry_debt(**lease, key, who, why, microseconds_now());
  if (!found) return found.error();
  if (!*found) return no_such_debt(key);
  const std::lock_guard lock(mutex_);
  look_ = true;
  changed_.notify_all();
  return {};
}

Result<void> RunKeeper::Work::settle_debt(std::string_view key, std::string_view who, std::string_view why) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  const Result<bool> found = journal::settle_debt(**lease, key, who, why, microseconds_now());
  if (!found) return found.error();
  return *found ? Result<void>() : no_such_debt(key);
}

Result<std::uint64_t> RunKeeper::Work::event(std::string_view name) {
  const Result<Lease> lease = connection();
  if (!lease) return lease.error();
  Result<std::uint64_t> due = debts_due_on(**lease, name, microseconds_now());
  const std::lock_guard lock(mutex_);
  look_ = true;
  changed_.notify_all();
  return due;
}

KeeperState RunKeeper::Work::state() const {
  const std::lock_guard lock(mutex_);
  return {queue_.size() + at_work_.size(), parked_.size(), debts_at_work_.size()};
}

// ---- the face
// --------------------------------------------------------------------------------------------------------

RunKeeper::RunKeeper(store::Store& store, flow::Engine& engine, KeeperOptions options)
    : work_(std::make_unique<Work>(store, engine, std::move(options))) {}
RunKeeper::~RunKeeper() = default;

Result<std::size_t> RunKeeper::take_up() { return work_->take_up(); }
void RunKeeper::stop() { work_->stop(); }
Result<void> RunKeeper::order(const RunOrder& order) { return work_->order(order); }
Result<std::vector<PreviewedUndo>> RunKeeper::preview_cancel(std::uint64_t run) { return work_->preview_cancel(run); }
Result<void> RunKeeper::retry_debt(std::string_view key, std::string_view who, std::string_view why) {
  return work_->retry_debt(key, who, why);
}
Result<void> RunKeeper::settle_debt(std::string_view key, std::string_view who, std::string_view why) {
  return work_->settle_debt(key, who, why);
}
Result<std::uint64_t> RunKeeper::event(std::string_view name) { return work_->event(name); }
KeeperState RunKeeper::state() const { return work_->state(); }

}  // namespace tenon::journal
