#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "flow/engine.h"
#include "support/flows.h"
#include "support/node.h"

namespace {

using tenon::FlowStep;
using tenon::flow::RunResult;
using tenon::test::ChainMaker;

/// Threads that answer steps given to them: some at once, some after the flow has returned.
class Answerers {
 public:
  explicit Answerers(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Answerers() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void give(FlowStep step, bool fails) {
    {
      std::lock_guard lock(mutex_);
      steps_.emplace_back(std::move(step), fails);
    }
    ready_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ready_.wait(lock, [&] { return closed_ || !steps_.empty(); });
      if (steps_.empty()) return;
      auto [step, fails] = std::move(steps_.front());
      steps_.pop_front();
      lock.unlock();
      if (fails) {
        std::move(step).fail(tenon::make_error("TEST.1", ""));
      } else {
        std::move(step).next();
      }
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::pair<FlowStep, bool>> steps_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

TEST(FlowStress, each_begun_flow_is_either_finished_or_undone_once) {
  constexpr int kRuns = 2000;
  constexpr int kSteps = 8;
  tenon::test::Node node;
  tenon::flow::Engine engine({.threads = 2, .blocking_threads = 2});
  Answerers answerers(3);
  std::atomic<int> effects{0};  // made and not undone
  std::atomic<int> succeeded{0};
  std::atomic<int> ended{0};

  ChainMaker maker;
  for (int i = 0; i < kSteps; ++i) {
    maker.then(
        "f",
        [&](FlowStep step) {
          thread_local std::minstd_rand random(std::hash<std::thread::id>()(std::this_thread::get_id()));
          effects.fetch_add(1);
          const bool fails = random() % 32 == 0;
          switch (random() % 3) {
            case 0:
              if (fails) throw std::runtime_error("random");
              std::move(step).next();
              return;
            case 1:
              if (!fails) std::move(step).next();  // else dropped
              return;
            default: answerers.give(std::move(step), fails);
          }
        },
        [&](FlowStep step) {
          thread_local std::minstd_rand random(7);
          effects.fetch_sub(1);
          if (random() % 2 == 0) {
            std::move(step).next();
          } else {
            answerers.give(std::move(step), false);
          }
        });
  }
  auto chain = maker.make();
  auto start = [&] {
    for (int i = 0; i < kRuns / 2; ++i) {
      (void)engine
          .start({chain,
                  {},
                  {},
                  [&](RunResult result) {
                    if (result.ok()) succeeded.fetch_add(1);
                    ended.fetch_add(1);
                  }})
          .value();
    }
  };
  std::thread other(start);
  start();
  other.join();
  ASSERT_TRUE(engine.wait_idle(std::chrono::minutes(1)));
  EXPECT_EQ(ended, kRuns);
  EXPECT_GT(succeeded, 0);
  EXPECT_LT(succeeded, kRuns);
  EXPECT_EQ(effects, succeeded * kSteps);
}

}  // namespace
