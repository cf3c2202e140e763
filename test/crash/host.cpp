#include "host.h"
#include "plugin/lease.h"

#include <sys/prctl.h>
#include <tenon/library.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include "drill_flows.h"
#include "flow/engine.h"
#include "flow/run.h"
#include "flow/transactions.h"
#include "journal/debts.h"
#include "journal/journal.h"
#include "journal/pending.h"
#include "journal/recorded_transactions.h"
#include "journal/recovery.h"
#include "journal/run_keeper.h"
#include "killing_journal.h"
#include "killing_store.h"
#include "store/address.h"
#include "store/core_schema.h"
#include "store/errors.h"
#include "store/migrations.h"
#include "store/plugin_store.h"
#include "support/power_loss.h"

namespace tenon::crash {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// All that a life has to do takes a fraction of this.
constexpr auto kPatience = 60s;
/// After so many tries what a plan owes for a while is paid.
constexpr int kPayments = 4;

/// Writes warnings and errors to a file of the world.
class HostServices final : public NodeServices {
 public:
  explicit HostServices(const std::filesystem::path& file) : out_(file, std::ios::app) { detail::this_node = this; }
  ~HostServices() { detail::this_node = nullptr; }
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  bool log_enabled(LogLevel level) const noexcept override { return level >= LogLevel::kWarning; }
  void log(LogLevel level, std::string_view /*library*/, std::string_view text,
           std::span<const LogField> fields) noexcept override {
    if (!log_enabled(level)) return;
    const std::lock_guard lock(mutex_);
    out_ << text;
    for (const LogField& field : fields) out_ << ' ' << field.key << '=' << field.value;
    out_ << std::endl;
  }
  void answered_twice(std::uint64_t run, std::uint32_t step) noexcept override {
    const std::lock_guard lock(mutex_);
    out_ << "answered twice: " << run << ':' << step << std::endl;
  }
  ChainHost* chains() noexcept override { return nullptr; }
  StoreHost* store() noexcept override { return nullptr; }
  void happened(std::string_view /*event*/) noexcept override {}
  MessageHost* messages() noexcept override { return nullptr; }
  EventHost* events() noexcept override { return nullptr; }
  TagHost* tags() noexcept override { return nullptr; }
  void take_notice(tenon::detail::LeaseMark& mark) noexcept override { plugin::take_notice(mark); }
  void wait_at_gate(const ExtensionSlot& slot) override { plugin::wait_at_gate(slot); }

 private:
  std::mutex mutex_;
  std::ofstream out_;
};

Result<std::int64_t> add_node(store::Connection& connection) {
  Result<store::Transaction> transaction = connection.begin();
  if (!transaction) return std::move(transaction).error();
  // The one before is dead; a batch of it that is under way is waited for.
  if (const auto removed = connection.execute("DELETE FROM node"); !removed) return removed.error();
  const Result<store::Rows> next =
      connection.query("UPDATE counter SET next = next + 1 WHERE name = 'node' RETURNING next - 1");
  if (!next) return next.error();
  const std::int64_t id = (*next)[0].integer(0);
  const auto added =
      connection.execute("INSERT INTO node (id, host, process, version, started) VALUES ($1, 'drill', $2, '0', 0)",
                         {id, std::int64_t{::getpid()}});
  if (!added) return added.error();
  if (Result<void> committed = transaction->commit(); !committed) return std::move(committed).error();
  return id;
}

std::vector<store::MigrationSet> migrations() {
  store::MigrationSet drill;
  drill.owner = "drill";
  drill.list.push_back({1, "tables", std::string(drill_tables()), "test/crash"});
  return {store::core_migrations(), drill};
}

/// Each step's statements in one transaction, and its record in another one.
class LooseTransactions final : public flow::Transactions {
 public:
  LooseTransactions(StoreHost& store, flow::Transactions& records) : store_(store), records_(records) {}

  Result<void> run(const flow::TransactionalStep& step, const Work& work) override {
    std::vector<flow::DataEntry> written;
    const Result<void> done = store_.transaction([&](StoreTransaction& transaction) -> Result<void> {
      Result<std::vector<flow::DataEntry>> worked = work(transaction);
      if (!worked) return std::move(worked).error();
      written = std::move(worked).value();
      return {};
    });
    if (!done) return done;
    return records_.run(step, [&](StoreTransaction& /*transaction*/) { return Result(written); });
  }

 private:
  StoreHost& store_;
  flow::Transactions& records_;
};

std::string words_of(const flow::RunState& state) {
  std::string words = flow::run_name(state.id) + " " + state.chain + (state.undoing ? " undoing" : "");
  for (const flow::RunPlace& place : state.places) {
    words += " at " + place.step_name + " waits for " + std::string(flow::waiting_name(place.waiting));
    if (!place.what.empty()) words += " " + place.what;
    for (const std::uint64_t holder : place.holders) words += " held by " + flow::run_name(holder);
  }
  return words;
}

std::string outcome(const std::optional<ErrorCode>& error) { return error ? error->code : "ok"; }

/// One life of the node, with the store open.
class Host {
 public:
  Host(const HostOptions& options, const Outside& outside, KillPoints& points, KillingStore& store)
      : options_(options), outside_(outside), points_(points), store_(store) {}

  int live();

 private:
  int fault(const std::string& what) const {
    outside_.tell("fault " + what);
    return kFaulty;
  }
  int away_or_fault(const ErrorCode& error) const {
    if (!store::is_transient(error)) return fault(error.to_string());
    outside_.tell("the store: " + error.to_string());
    return kStoreAway;
  }
  Result<void> prepare();
  Result<void> skip_a_run();
  Result<void> start(flow::Engine& engine, const DrillFlows& flows, const Plan& plan);
  /// Waits until nothing is under way.
  [[nodiscard]] bool wait(flow::Engine& engine, const journal::RunKeeper& keeper) const;
  /// Tries all debts once.
  Result<void> pay_once(journal::RunKeeper& keeper);
  /// Pays all that can be paid, however long the store is away. False: it has told why not.
  [[nodiscard]] bool pay(journal::RunKeeper& keeper);
  Result<void> forget_debts();

  const HostOptions& options_;
  const Outside& outside_;
  KillPoints& points_;
  KillingStore& store_;
  std::int64_t node_ = 0;
  std::uint64_t last_run_ = 0;
  std::map<std::string, std::shared_ptr<const flow::Chain>> chains_;
  const Clock::time_point deadline_ = Clock::now() + kPatience;
};

Result<void> Host::prepare() {
  const Result<std::unique_ptr<store::Connection>> connection = store_.connect();
  if (!connection) return connection.error();
  if (const auto applied = store::migrate(**connection, migrations()); !applied) return applied.error();
  const Result<std::int64_t> node = add_node(**connection);
  if (!node) return node.error();
  node_ = *node;
  const Result<store::Rows> last = (*connection)->query("SELECT coalesce(max(id), 0) FROM chain_run");
  if (!last) return last.error();
  last_run_ = static_cast<std::uint64_t>((*last)[0].integer(0));
  return options_.sabotage == Sabotage::kSkipRun ? skip_a_run() : Result<void>();
}

Result<void> Host::skip_a_run() {
  const Result<std::unique_ptr<store::Connection>> connection = store_.connect();
  if (!connection) return connection.error();
  const auto skipped = (*connection)
                           ->execute(
                               "UPDATE chain_run SET state = 9, ended = 0, error_code = 'X', error = '{}' WHERE "
                               "id = (SELECT min(id) FROM chain_run WHERE state < 8)");
  return skipped ? Result<void>() : skipped.error();
}

Result<void> Host::start(flow::Engine& engine, const DrillFlows& flows, const Plan& plan) {
  std::shared_ptr<const flow::Chain>& chain = chains_[plan.chain];
  if (!chain) chain = flows.chain(shapes().at(plan.chain));
  const std::string name = "#" + std::to_string(plan.number);
  flow::RunRequest request;
  request.chain = chain;
  request.input = DrillFlows::input(plan);
  request.accepted = [this, name](std::uint64_t) { outside_.tell("accepted " + name); };
  request.done = [this, name](const flow::RunResult& result) {
    outside_.tell("done " + name + " " + outcome(result.error) + " " + flow::run_name(result.id));
  };
  const Result<std::uint64_t> started = engine.post(std::move(request));
  return started ? Result<void>() : started.error();
}

bool Host::wait(flow::Engine& engine, const journal::RunKeeper& keeper) const {
  while (!engine.wait_idle(1ms) || keeper.state().recovering > 0) {
    if (Clock::now() > deadline_) return false;
  }
  return true;
}

Result<void> Host::pay_once(journal::RunKeeper& keeper) {
  const Result<std::unique_ptr<store::Connection>> connection = store_.connect();
  if (!connection) return connection.error();
  // Here, so that all are due when it is looked for those that are; the keeper, so that it need not wait.
  const auto due = journal::debts_due_on(**connection, "drill.again", journal::microseconds_now());
  if (!due) return due.error();
  keeper.event("drill.again");
  while (true) {
    const auto debts = journal::find_debts(**connection, {});
    if (!debts) return debts.error();
    const std::int64_t now = journal::microseconds_now();
    if (std::none_of(debts->begin(), debts->end(), [&](const journal::Debt& debt) {
          return debt.state != journal::DebtState::kOpen || debt.next_at <= now;
        })) {
      return {};
    }
    if (Clock::now() > deadline_) return make_error("DRILL.1004", "debts are at work for ever");
    std::this_thread::sleep_for(1ms);
  }
}

bool Host::pay(journal::RunKeeper& keeper) {
  for (int round = 0; round < kPayments;) {
    const Result<void> paid = pay_once(keeper);
    if (paid) {
      ++round;
      continue;
    }
    if (!store::is_transient(paid.error()) || Clock::now() > deadline_) {
      outside_.tell("fault " + paid.error().to_string());
      return false;
    }
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

Result<void> Host::forget_debts() {
  const Result<std::unique_ptr<store::Connection>> connection = store_.connect();
  if (!connection) return connection.error();
  const auto forgotten = (*connection)->execute("DELETE FROM debt");
  return forgotten ? Result<void>() : forgotten.error();
}

int Host::live() {
  if (const Result<void> prepared = prepare(); !prepared) return away_or_fault(prepared.error());
  const DrillFlows flows({outside_, points_, options_.sabotage == Sabotage::kIdleUndo});
  store::PluginStore plugin_store(store_);
  journal::RecordedTransactions recorded(store_, plugin_store, node_);
  LooseTransactions loose(plugin_store, recorded);
  journal::JournalOptions journal_options;
  journal_options.node = node_;
  journal_options.definition_text = flow::definition_text;
  journal_options.fenced = [this] {
    outside_.tell("fault the node is fenced");
    std::_Exit(kFaulty);
  };
  journal::StoreJournal journal(store_, std::move(journal_options));
  KillingJournal killing(journal, points_);
  flow::Transactions* transactions = &recorded;
  if (options_.sabotage == Sabotage::kLooseRecord) transactions = &loose;
  flow::Engine engine(
      {.threads = 2, .blocking_threads = 4, .last_run = last_run_, .journal = &killing, .transactions = transactions});
  journal::KeeperOptions keeper_options;
  keeper_options.node = node_;
  keeper_options.chain = [&](std::string_view text) { return flow::chain_from_definition(text, flows); };
  keeper_options.ended = [this](const flow::RunResult& result) {
    outside_.tell("recovered " + flow::run_name(result.id) + " " + outcome(result.error));
  };
  keeper_options.most_recoveries = 1'000;
  journal::RunKeeper keeper(store_, engine, std::move(keeper_options));
  const auto stop = [&](int status) {
    engine.close();
    keeper.stop();
    recorded.stop();
    journal.close();
    engine.drop_standing();
    return status;
  };
  if (const auto taken_up = keeper.take_up(); !taken_up) return stop(away_or_fault(taken_up.error()));
  if (options_.sabotage == Sabotage::kLoseBatch) store_.lose_a_batch();
  for (const Plan& plan : options_.plans) {
    if (const Result<void> started = start(engine, flows, plan); !started) {
      return stop(fault(started.error().to_string()));
    }
  }
  if (!wait(engine, keeper)) {
    for (const flow::RunState& state : engine.inspect_all()) outside_.tell("hangs " + words_of(state));
    outside_.tell("fault runs hang");
    std::_Exit(kFaulty);  // they can't be ended
  }
  if (options_.sabotage == Sabotage::kForgetDebt) (void)forget_debts();
  if (!pay(keeper)) return stop(kFaulty);
  outside_.tell("points " + std::to_string(points_.passed()));
  return stop(kAllDone);
}

}  // namespace

int run_host(const HostOptions& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Outside outside(options.world);
  HostServices services(options.world / "log");
  KillPoints points(outside, options.die_at);
  if (options.power_loss) test::install_power_loss_vfs(options.sabotage == Sabotage::kLyingDisk);
  Result<std::unique_ptr<store::Store>> opened = store::open_store(store::parse_address(options.store).value());
  if (!opened) {
    outside.tell("the store: " + opened.error().to_string());
    return store::is_transient(opened.error()) ? kStoreAway : kFaulty;
  }
  KillingStore store(std::move(opened).value(), points);
  return Host(options, outside, points, store).live();
}

}  // namespace tenon::crash
