#include <tenon/sample/sample.h>

#include <malloc.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/figures.h"
#include "flow/chain_assembler.h"
#include "flow/engine.h"
#include "support/flows.h"
#include "support/loading.h"

/// Cost of the flow engine's own paths: chains of flows that do nothing, in a loaded library, a run allocated each
/// time, beside a loop of plain virtual calls; answers from another thread; a million runs in flight; chains loaded and
/// proved. The limits that the project sets itself are printed beside the figures.
namespace {

using namespace tenon;
using tenon::bench::figure;
using tenon::test::ChainMaker;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string times(std::string_view xml, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += xml;
  return text;
}

struct Plain {
  virtual ~Plain() = default;
  virtual void call(std::size_t& count) const { ++count; }
};
struct Other final : Plain {  // so that the compiler can't know what is called
  void call(std::size_t& count) const override { count += 2; }
};

bool measure_sync(bool other) {
  test::LoadingFolder folder;
  folder.library(std::filesystem::path(TEST_PLUGINS) / "sample.so");
  folder.beans("a.xml", "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"/>");
  const std::string no_op = "<flow class=\"sample.NoOp\"/>";
  folder.descriptor("chains/c.xml", "<chains><chain name=\"good\">" + times(no_op, 8) + "</chain><chain name=\"bad\">" +
                                        times(no_op, 7) +
                                        "<flow class=\"sample.NoOpFail\"/></chain><chain name=\"write\"><input "
                                        "key=\"count\"/>" +
                                        times("<flow class=\"sample.Count\"/>", 8) + "</chain></chains>");
  test::LoadingFolder& f = folder;
  wiring::LoadResult loaded = f.load();
  if (loaded.wiring == nullptr) {
    for (const std::string& message : f.messages(loaded)) std::cerr << message << "\n";
    return false;
  }
  flow::Engine engine;
  std::size_t ended = 0;
  std::size_t failed = 0;
  const Value zero = Value::of<int>(0);
  const auto run = [&](const std::shared_ptr<const flow::Chain>& chain, std::size_t iterations, bool input) {
    for (std::size_t i = 0; i < iterations; ++i) {
      flow::RunRequest request{chain, {}, {}, [&](const flow::RunResult& result) {
                                 ++ended;
                                 failed += result.ok() ? 0 : 1;
                               }};
      if (input) request.input.emplace_back("count", zero);
      (void)engine.start(std::move(request));
    }
  };
  const auto good = loaded.wiring->find_chain("good");
  const auto bad = loaded.wiring->find_chain("bad");
  const auto write = loaded.wiring->find_chain("write");
  std::vector<std::unique_ptr<Plain>> plain;
  for (int i = 0; i < 8; ++i) plain.push_back(other ? std::make_unique<Other>() : std::make_unique<Plain>());
  std::size_t calls = 0;
  constexpr std::size_t kIterations = 50'000;
  constexpr std::size_t kRounds = 15;
  const std::vector<double> ns = bench::measure(
      {
          {"success", 8, [&](std::size_t n) { run(good, n, false); }},
          {"undo", 16, [&](std::size_t n) { run(bad, n, false); }},
          {"write", 8, [&](std::size_t n) { run(write, n, true); }},
          {"virtual", 8,
           [&](std::size_t n) {
             for (std::size_t i = 0; i < n; ++i) {
               for (const auto& p : plain) {
                 p->call(calls);
                 asm volatile("" ::: "memory");
               }
             }
           }},
      },
      kIterations, kRounds);
  const std::size_t each = kIterations * (kRounds + 1);
  if (ended != 3 * each || failed != each || calls == 0) return false;
  figure("chain.sync.success", ns[0], "ns/step (limit 30)");
  figure("chain.sync.undo", ns[1], "ns/call (limit 40)");
  figure("chain.sync.write", ns[2], "ns/step (limit 45)");
  figure("call.virtual", ns[3], "ns/call");
  return true;
}

/// One thread that answers the steps that it is given.
class Answerer {
 public:
  Answerer() : thread_([this] { work(); }) {}
  ~Answerer() {
    {
      std::lock_guard lock(mutex_);
      ends_ = true;
    }
    ready_.notify_one();
    thread_.join();
  }
  void give(FlowStep step) {
    bool first = false;
    {
      std::lock_guard lock(mutex_);
      first = steps_.empty();
      steps_.push_back(std::move(step));
    }
    if (first) ready_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ready_.wait(lock, [&] { return ends_ || !steps_.empty(); });
      if (steps_.empty()) return;
      std::deque<FlowStep> taken;
      taken.swap(steps_);
      lock.unlock();
      while (!taken.empty()) {
        std::move(taken.front()).next();
        taken.pop_front();
      }
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<FlowStep> steps_;
  bool ends_ = false;
  std::thread thread_;
};

bool measure_async() {
  Answerer answerer;
  flow::Engine engine;
  ChainMaker maker;
  for (int i = 0; i < 8; ++i) maker.then("f", [&](FlowStep step) { answerer.give(std::move(step)); });
  const auto chain = maker.make();
  std::atomic<std::size_t> done{0};
  const auto measure = [&](std::size_t at_once, std::size_t runs) {
    std::vector<double> rates;
    for (int round = 0; round < 5; ++round) {
      done = 0;
      std::atomic<std::size_t> left{runs};
      std::function<void()> next = [&] {
        std::size_t now = left.load();
        do {
          if (now == 0) return;
        } while (!left.compare_exchange_weak(now, now - 1));
        (void)engine.start({chain, {}, {}, [&](const flow::RunResult& result) {
                              done += result.ok() ? 1 : 0;
                              next();
                            }});
      };
      const Clock::time_point start = Clock::now();
      for (std::size_t i = 0; i < at_once; ++i) next();
      while (done != runs) std::this_thread::yield();
      rates.push_back(static_cast<double>(runs) * 8 / seconds_since(start));
      if (!engine.wait_idle(std::chrono::seconds(10))) return 0.0;
    }
    return bench::median(rates);
  };
  const double one = measure(1, 5'000);
  const double many = measure(1'000, 100'000);
  if (one == 0 || many == 0) return false;
  figure("chain.async.1", one, "steps/s");
  figure("chain.async.1000", many, "steps/s");
  return true;
}

bool measure_in_flight() {
  constexpr std::size_t kRuns = 1'000'000;
  flow::Engine engine;
  std::vector<FlowStep> waiting;
  waiting.reserve(kRuns);
  const auto pass = [](FlowStep step) { std::move(step).next(); };
  const auto chain = ChainMaker()
                         .then("a", pass)
                         .then("b", pass)
                         .then("c", [&](FlowStep step) { waiting.push_back(std::move(step)); })
                         .then("d", pass)
                         .make();
  std::atomic<std::size_t> done{0};
  const auto used = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
  const std::size_t before = used();
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < kRuns; ++i) {
    (void)engine.start({chain, {}, {}, [&](const flow::RunResult& result) { done += result.ok() ? 1 : 0; }});
  }
  const double started = seconds_since(start);
  const double bytes = static_cast<double>(used() - before) / kRuns;
  const Clock::time_point answered = Clock::now();
  for (FlowStep& step : waiting) std::move(step).next();
  while (done != kRuns) std::this_thread::yield();
  figure("run.inflight.bytes", bytes, "B/run (limit 1024)");
  figure("run.inflight.start", started, "s for 1000000 runs up to their third flow");
  figure("run.inflight.finish", seconds_since(answered), "s for 1000000 runs");
  return engine.wait_idle(std::chrono::seconds(10));
}

/// Reads, checks, expands and proves 100 chains of 20 steps, half of them derived from another, some with policies,
/// parallel branches and sub-chains. What reading the library costs is measured apart, and taken off.
bool measure_load() {
  const auto chain = [](int i) {
    const std::string number = std::to_string(i);
    if (i % 2 == 1) {
      return "<chain name=\"c" + number + "\" extends=\"c" + std::to_string(i - 1) +
             "\"><insert-after flow=\"sample.NoOpFail\"><flow class=\"sample.Count\"/></insert-after></chain>";
    }
    return "<chain name=\"c" + number + "\" timeout=\"1m\"><input key=\"count\"/>" +
           times("<flow class=\"sample.Count\" timeout=\"10s\" retry=\"3\" backoff=\"100ms\"/>", 10) +
           "<parallel limit=\"2\"><branch>" + times("<flow class=\"sample.NoOp\"/>", 4) + "</branch><branch>" +
           times("<flow class=\"sample.NoOp\" when=\"count\"/>", 4) +
           "</branch></parallel><flow class=\"sample.NoOpFail\"/><flow class=\"sample.NoOp\"/></chain>";
  };
  const auto load = [&](int chains) {
    test::LoadingFolder folder;
    folder.library(std::filesystem::path(TEST_PLUGINS) / "sample.so");
    folder.beans("a.xml", "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"/>");
    std::string xml = "<chains>";
    for (int i = 0; i < chains; ++i) xml += chain(i);
    folder.descriptor("chains/c.xml", xml + "</chains>");
    const Clock::time_point start = Clock::now();
    wiring::LoadResult loaded = folder.load();
    const double taken = seconds_since(start);
    if (loaded.wiring == nullptr || loaded.wiring->chains.size() != static_cast<std::size_t>(chains)) {
      const std::vector<std::string> messages = folder.messages(loaded);
      for (std::size_t i = 0; i < messages.size() && i < 10; ++i) std::cerr << messages[i] << "\n";
      return 0.0;
    }
    return taken;
  };
  std::vector<double> with;
  std::vector<double> without;
  for (int round = 0; round < 15; ++round) {
    with.push_back(load(100));
    without.push_back(load(2));
    if (with.back() == 0 || without.back() == 0) return false;
  }
  figure("chain.load.100", (bench::median(with) - bench::median(without)) * 1000, "ms");
  figure("chain.load.library", bench::median(without) * 1000, "ms for the library and two chains");
  return true;
}

}  // namespace

int main(int argc, char**) {
  return measure_sync(argc > 1) && measure_async() && measure_in_flight() && measure_load() ? 0 : 1;
}
