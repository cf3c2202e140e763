#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "flow/engine.h"
#include "journal/journal.h"
#include "journal/recovery.h"
#include "store/core_schema.h"
#include "store/migrations.h"
#include "store/store.h"
#include "support/flows.h"

/// Chains of eight flows that do nothing, on the engine and the journal.
///   bench_journal steps STORE RUNS SECONDS   RUNS at once, each begun anew when it ends; prints steps a second
///   bench_journal runs STORE RUNS            RUNS, one after the other
///   bench_journal hold STORE RUNS            begins RUNS, prints `held` when each has four steps done, waits for ever
///   bench_journal recover STORE RUNS         recovers these; prints seconds until all are claimed, counted durably and
///                                            queued, and seconds until all have ended
namespace {

using namespace tenon;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kSteps = 8;

template <class T>
T must(Result<T> result) {
  if (!result)
    throw std::runtime_error(result.error().code + " " + result.error().description + ": " + result.error().details);
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What a node has, as far as runs need it. Takes the place of any node before it.
class Node {
 public:
  explicit Node(const std::string& address)
      : store_(must(store::open_store(must(store::parse_address(address))))),
        connection_(must(store_->connect())),
        id_(add(*connection_)),
        journal_(*store_, {.node = id_, .definition_text = [](const flow::Chain&) { return std::string("eight"); }}),
        engine_({.journal = &journal_}) {}
  ~Node() {
    engine_.close();
    (void)engine_.wait_idle(std::chrono::minutes(1));
    journal_.close();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] flow::Engine& engine() noexcept { return engine_; }
  [[nodiscard]] store::Connection& connection() noexcept { return *connection_; }
  [[nodiscard]] std::int64_t id() const noexcept { return id_; }

 private:
  static std::int64_t add(store::Connection& connection) {
    (void)must(store::migrate(connection, {store::core_migrations()}));
    (void)must(connection.execute("DELETE FROM node"));
    const std::int64_t id =
        must(connection.query("UPDATE counter SET next = next + 1 WHERE name = 'node' RETURNING next - 1"))[0].integer(
            0);
    (void)must(connection.execute(
        "INSERT INTO node (id, host, process, version, started) VALUES ($1, 'bench', 1, 'bench', 0)", {id}));
    return id;
  }

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Connection> connection_;
  std::int64_t id_;
  journal::StoreJournal journal_;
  flow::Engine engine_;
};

/// Counts what threads report, up to a number that another one waits for.
class Countdown {
 public:
  explicit Countdown(std::size_t count) : left_(count) {}
  void one() {
    std::lock_guard lock(mutex_);
    if (left_ > 0 && --left_ == 0) zero_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [&] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  std::size_t left_;
};

/// The chain; `halfway` stands for its fifth step, if it is given.
std::shared_ptr<const flow::Chain> chain_of_eight(const test::LambdaFlow::Call& halfway = {}) {
  const test::LambdaFlow::Call pass = [](FlowStep step) { std::move(step).next(); };
  test::ChainMaker maker;
  for (std::size_t i = 0; i < kSteps; ++i) maker.then("f", halfway && i == kSteps / 2 ? halfway : pass);
  maker.assembler().recovery(flow::Recovery::kResume);
  return maker.make();
}

int steps(const std::string& address, std::size_t runs, double seconds) {
  Node node(address);
  const auto chain = chain_of_eight();
  std::atomic<std::size_t> ended{0};
  std::atomic<bool> last{false};
  std::function<void()> next = [&] {
    if (last) return;
    (void)must(node.engine().start({chain, {}, {}, [&](const flow::RunResult& result) {
                                      if (result.ok()) ++ended;
                                      next();
                                    }}));
  };
  for (std::size_t i = 0; i < runs; ++i) next();
  const auto measured = [&](double duration) {
    const std::size_t before = ended;
    const Clock::time_point start = Clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(duration));
    return static_cast<double>((ended - before) * kSteps) / seconds_since(start);
  };
  (void)measured(0.5);  // until it is warm
  std::printf("%.0f\n", measured(seconds));
  last = true;
  return node.engine().wait_idle(std::chrono::minutes(1)) ? 0 : 1;
}

int one_by_one(const std::string& address, std::size_t runs) {
  Node node(address);
  const auto chain = chain_of_eight();
  for (std::size_t i = 0; i < runs; ++i) {
    Countdown left(1);
    (void)must(node.engine().start({chain, {}, {}, [&](const flow::RunResult&) { left.one(); }}));
    left.wait();
  }
  return 0;
}

int hold(const std::string& address, std::size_t runs) {
  Node node(address);
  Countdown left(runs);
  std::mutex mutex;
  std::vector<FlowStep> held;
  const auto chain = chain_of_eight([&](FlowStep step) {
    {
      std::lock_guard lock(mutex);
      held.push_back(std::move(step));
    }
    left.one();
  });
  for (std::size_t i = 0; i < runs; ++i)
    (void)must(node.engine().start({chain, {}, {}, [](const flow::RunResult&) {}}));
  left.wait();
  std::puts("held");
  std::fflush(stdout);
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

int recover(const std::string& address, std::size_t runs) {
  const Clock::time_point start = Clock::now();
  Node node(address);
  const auto chain = chain_of_eight();
  Countdown left(runs);
  (void)must(journal::claim_runs(node.connection(), node.id()));
  const std::vector<journal::LiveRun> live = must(journal::load_live(node.connection(), node.id()));
  (void)must(journal::load_definitions(node.connection(), live));
  if (live.size() != runs) throw std::runtime_error(std::to_string(live.size()) + " runs are found");
  std::vector<std::uint64_t> queued;
  queued.reserve(live.size());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  for (const journal::LiveRun& run : live) {
    flow::RecoveredRun recovered =
        must(journal::recovered_run(run, chain, std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
    recovered.done_with = [&](const flow::RunResult&) { left.one(); };
    queued.push_back(must(node.engine().recover(std::move(recovered))));
  }
  std::printf("%.3f", seconds_since(start));
  for (const std::uint64_t run : queued) node.engine().release(run);
  left.wait();
  std::printf(" %.3f\n", seconds_since(start));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view task = argc > 3 ? argv[1] : "";
  const auto runs = static_cast<std::size_t>(argc > 3 ? std::atoll(argv[3]) : 0);
  try {
    if (runs > 0 && task == "steps" && argc == 5) return steps(argv[2], runs, std::atof(argv[4]));
    if (runs > 0 && task == "runs" && argc == 4) return one_by_one(argv[2], runs);
    if (runs > 0 && task == "hold" && argc == 4) return hold(argv[2], runs);
    if (runs > 0 && task == "recover" && argc == 4) return recover(argv[2], runs);
  } catch (const std::exception& e) {
    std::cerr << "bench_journal: " << e.what() << "\n";
    return 1;
  }
  std::cerr << "usage: bench_journal steps STORE RUNS SECONDS | runs|hold|recover STORE RUNS\n";
  return 64;
}
