#include "journal/debt_payer.h"

#include <tenon/log.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "journal/pending.h"

namespace tenon::journal {
namespace {

constexpr std::size_t kAtOnce = 16;
/// One whose flow is away is looked at again after this many microseconds.
constexpr std::int64_t kAway = 60'000'000;

double chance() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

/// Why the undo has failed once more, if it has. The run itself always fails: it is an undo.
std::optional<ErrorCode> failure_of(const flow::RunResult& result) {
  if (!result.error) return std::nullopt;
  const auto failed =
      std::find_if(result.error->causes.begin(), result.error->causes.end(),
                   [](const ErrorCode& cause) { return cause.code == "FLOW.1006" || cause.code == "FLOW.1019"; });
  return failed != result.error->causes.end() ? std::optional(*failed) : std::nullopt;
}

}  // namespace

Result<void> DebtPayer::work(store::Connection& connection) {
  if (Result<void> noted = note_tried(connection); !noted) return noted;
  if (taken_unknown_) {
    if (Result<void> back = give_back_lost(connection); !back) return back;
  }
  if (Result<void> heeded = heed_events(connection); !heeded) return heeded;
  return try_due(connection);
}

void DebtPayer::event(std::string name) {
  const std::lock_guard lock(mutex_);
  events_.insert(std::move(name));
}

std::size_t DebtPayer::at_work() const {
  const std::lock_guard lock(mutex_);
  return at_work_.size();
}

Result<void> DebtPayer::note_tried(store::Connection& connection) {
  while (true) {
    Tried tried;
    {
      const std::lock_guard lock(mutex_);
      if (tried_.empty()) return {};
      tried = tried_.front();
    }
    const std::int64_t now = microseconds_now();
    const Result<bool> noted = tried.error ? debt_failed(connection, tried.key, *tried.error, now, chance())
                                           : pay_debt(connection, tried.key, now);
    if (!noted) return noted.error();
    if (!tried.error) log::info("a debt is paid", {{"debt", tried.key}});
    const std::lock_guard lock(mutex_);
    tried_.pop_front();
    at_work_.erase(tried.key);
  }
}

Result<void> DebtPayer::heed_events(store::Connection& connection) {
  std::set<std::string> events;
  {
    const std::lock_guard lock(mutex_);
    events.swap(events_);
  }
  while (!events.empty()) {
    const Result<std::uint64_t> due = debts_due_on(connection, *events.begin(), microseconds_now());
    if (!due) {
      const std::lock_guard lock(mutex_);
      events_.merge(events);
      return due.error();
    }
    if (*due > 0) log::info("debts are tried again", {{"event", *events.begin()}, {"debts", *due}});
    events.erase(events.begin());
  }
  return {};
}

Result<void> DebtPayer::give_back_lost(store::Connection& connection) {
  const Result<std::vector<std::string>> taken = taken_debts(connection, node_);
  if (!taken) return taken.error();
  for (const std::string& key : *taken) {
    {
      const std::lock_guard lock(mutex_);
      if (at_work_.contains(key)) continue;
    }
    if (const Result<bool> back = give_back_debt(connection, key); !back) return back.error();
  }
  taken_unknown_ = false;
  return {};
}

Result<void> DebtPayer::try_due(store::Connection& connection) {
  const std::size_t room = kAtOnce - std::min(kAtOnce, at_work());
  if (room == 0) return {};
  const Result<std::optional<std::int64_t>> due = next_debt_due(connection);
  if (!due) return due.error();
  const std::int64_t now = microseconds_now();
  if (!*due || **due > now) return {};
  const Result<std::vector<Debt>> debts = take_due_debts(connection, node_, now, room);
  if (!debts) {
    taken_unknown_ = true;
    return debts.error();
  }
  for (const Debt& debt : *debts) try_debt(connection, debt);
  return {};
}

void DebtPayer::try_debt(store::Connection& connection, const Debt& debt) {
  const Result<void> begun = begin(connection, debt);
  if (begun) return;
  log::warning("a debt can't be tried", {{"debt", debt.key}, {"error", begun.error().to_string()}});
  const auto deferred = defer_debt(connection, debt.key, begun.error(), microseconds_now() + kAway);
  if (deferred) return;
  log::warning("a debt can't be put off", {{"debt", debt.key}, {"error", deferred.error().to_string()}});
  taken_unknown_ = true;
}

Result<void> DebtPayer::begin(store::Connection& connection, const Debt& debt) {
  Result<RecordedChains::Chain> chain = chains_.get(connection, debt.definition);
  if (!chain) return std::move(chain).error();
  Result<flow::RecoveredRun> run = debt_run(debt, std::move(chain).value(), 0);
  if (!run) return std::move(run).error();
  run->done_with = [this, key = debt.key](const flow::RunResult& result) { ended(key, result); };
  {
    const std::lock_guard lock(mutex_);
    at_work_.insert(debt.key);
  }
  const Result<std::uint64_t> begun = engine_.recover(std::move(run).value());
  if (begun) {
    engine_.release(*begun);
    return {};
  }
  const std::lock_guard lock(mutex_);
  at_work_.erase(debt.key);
  return begun.error();
}

void DebtPayer::ended(const std::string& key, const flow::RunResult& result) {
  {
    const std::lock_guard lock(mutex_);
    tried_.push_back({key, failure_of(result)});
  }
  wake_();
}

}  // namespace tenon::journal
