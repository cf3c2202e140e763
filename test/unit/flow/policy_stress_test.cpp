#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "flow/engine.h"
#include "flow/run.h"
#include "random_chain.h"
#include "support/node.h"

namespace {

using namespace std::chrono_literals;
using tenon::ErrorCode;
using tenon::Value;
using tenon::flow::Direction;
using tenon::flow::Injection;
using tenon::flow::RunRequest;
using tenon::flow::RunResult;
using tenon::flow::Waiting;
using tenon::test::Dice;
using tenon::test::Outside;
using tenon::test::RandomChain;
using tenon::test::RandomChainMaker;
using tenon::test::RandomInput;

constexpr std::size_t kRuns = 3'000;
constexpr std::size_t kChains = 150;
constexpr std::uint32_t kSlots = 12;
constexpr int kMostInFlight = 24;
constexpr std::uint64_t kSeed = 20'240'611;

std::string step_key(std::uint64_t run, std::size_t step) {
  return tenon::flow::run_name(run) + ":" + std::to_string(step);
}

/// Whether the error says that the undo of this flow failed.
bool owns_up_to(const ErrorCode& error, const std::string& flow) {
  if (error.code == "FLOW.1006" && error.details == flow) return true;
  for (const ErrorCode& cause : error.causes) {
    if (owns_up_to(cause, flow)) return true;
  }
  return false;
}

bool mentions(const ErrorCode& error, std::string_view code) {
  if (error.code == code) return true;
  for (const ErrorCode& cause : error.causes) {
    if (mentions(cause, code)) return true;
  }
  return false;
}

/// Keeps what late undos report.
class LateUndos final : public tenon::flow::RunObserver {
 public:
  void step_begun(std::uint64_t, std::size_t, Direction, std::uint32_t) noexcept override {}
  void step_ended(std::uint64_t, std::size_t, Direction, const ErrorCode*) noexcept override {}
  void step_skipped(std::uint64_t, std::size_t) noexcept override {}
  void step_waits(std::uint64_t, std::size_t, Waiting, std::string_view) noexcept override {}
  void progress(std::uint64_t, std::size_t, int, std::string_view) noexcept override {}
  void undone_late(std::uint64_t run, std::size_t step, const ErrorCode* error) noexcept override {
    std::lock_guard lock(mutex_);
    ++count_;
    if (error != nullptr) failed_.insert(step_key(run, step));
  }
  [[nodiscard]] bool failed(const std::string& key) const { return failed_.count(key) != 0; }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::mutex mutex_;
  std::unordered_set<std::string> failed_;
  std::size_t count_ = 0;
};

class FlowPolicyStress : public testing::Test {
 protected:
  struct Record {
    const RandomChain* chain = nullptr;
    RandomInput input;
    std::uint64_t id = 0;
    std::atomic<int> ends{0};
    std::optional<ErrorCode> error;
  };

  FlowPolicyStress() {
    if (const char* given = std::getenv("TENON_STRESS_SEED")) seed_ = std::strtoull(given, nullptr, 10);
    for (std::size_t i = 0; i < kChains; ++i) {
      chains_.push_back(RandomChainMaker(outside_, Dice(seed_).about(1).about(i)).make());
    }
  }

  /// False if the runs before it hang.
  bool start(std::size_t ordinal) {
    Dice dice = Dice(seed_).about(2).about(ordinal);
    Record& record = records_[ordinal];
    record.chain = &chains_[dice.below(kChains)];
    RandomInput& input = record.input;
    input = {ordinal, "slot-" + std::to_string(dice.below(kSlots)), {dice.percent(50), dice.percent(50)}};
    RunRequest request;
    request.chain = record.chain->chain;
    request.input = {{"ordinal", Value::of(input.ordinal)},
                     {"slot", Value::of(input.slot)},
                     {"flag0", Value::of<bool>(input.flags[0])},
                     {"flag1", Value::of<bool>(input.flags[1])}};
    // What an unreliable undo leaves after the end is told to observers alone.
    if (!record.chain->reliable || dice.percent(50)) request.observer = late_undos_;
    if (dice.percent(8)) {
      request.injection = {dice.below(static_cast<std::uint32_t>(request.chain->steps.size())),
                           static_cast<Injection::When>(dice.below(3))};
    }
    request.done = [this, &record](RunResult result) {
      record.error = std::move(result.error);
      record.ends.fetch_add(1);
      in_flight_.release();
    };
    if (!in_flight_.try_acquire_for(1min)) return false;
    record.id = dice.percent(50) ? engine_.start(std::move(request)).value() : engine_.post(std::move(request)).value();
    if (dice.percent(20)) {
      pranks_.at(pranks_.now() + std::chrono::microseconds(dice.below(5'000)),
                 [this, id = record.id] { engine_.cancel(id); });
    }
    if (dice.percent(5)) pranks_.at(pranks_.now() + 500us, [this] { (void)engine_.inspect_all(); });
    if (dice.percent(5)) {
      pranks_.at(pranks_.now() + 500us, [this, chain = record.chain->chain.get()] {
        for (const auto& state : engine_.inspect_where([&](const auto& other) { return &other == chain; })) {
          EXPECT_EQ(state.chain, chain->name);
        }
      });
    }
    return true;
  }

  void check(const Record& record) {
    ASSERT_EQ(record.ends, 1) << "a run ends once";
    const std::vector<bool> executed = record.chain->executed(record.input);
    for (std::size_t i = 0; i < executed.size(); ++i) {
      const std::string key = step_key(record.id, i);
      const std::string& flow = record.chain->chain->steps[i].name;
      const bool there = outside_.has(key);
      if (!record.error) {
        ASSERT_EQ(there, executed[i]) << flow << " of a run that succeeded";
      } else if (there) {
        ASSERT_TRUE(owns_up_to(*record.error, flow) || late_undos_->failed(key))
            << flow << " was left by a run that failed: " << record.error->to_string();
      }
    }
    if (record.error && record.chain->reliable) {
      ASSERT_FALSE(mentions(*record.error, "FLOW.1006")) << record.error->to_string();
    }
  }

  /// A run that needs all that can be held, and waits for nothing.
  void expect_free(const std::string& slot) {
    tenon::flow::ChainAssembler chain("free", {});
    chain.input({"slot", {}});
    const auto named = [](const std::string& text) { return tenon::flow::KeyTemplate::parse(text).value(); };
    chain.lock({named(RandomChainMaker::lock_text()), {}});
    struct Nothing : tenon::NoRollbackFlow {
      void run(tenon::FlowStep step) const override { std::move(step).next(); }
    };
    const Nothing nothing;
    for (std::uint32_t limit = 1; limit <= RandomChainMaker::kMostAtOnce; ++limit) {
      tenon::flow::StepPolicy policy;
      policy.concurrency = {named(RandomChainMaker::limit_text(limit)), 1, {}};
      tenon::flow::ChainStep step;
      step.flow = &nothing;
      step.policy = std::make_shared<const tenon::flow::StepPolicy>(std::move(policy));
      chain.step(std::move(step));
    }
    bool ended = false;
    (void)engine_
        .start({chain.make(), {{"slot", Value::of(slot)}}, {}, [&](const RunResult& result) { ended = result.ok(); }})
        .value();
    ASSERT_TRUE(ended) << "something of " << slot << " is still held";
  }

  std::uint64_t seed_ = kSeed;
  tenon::test::Node node_;
  std::shared_ptr<LateUndos> late_undos_ = std::make_shared<LateUndos>();
  Outside outside_;
  std::vector<RandomChain> chains_;
  std::vector<Record> records_ = std::vector<Record>(kRuns);
  std::counting_semaphore<> in_flight_{kMostInFlight};
  tenon::flow::Engine engine_{tenon::flow::EngineOptions{.threads = 2, .blocking_threads = 2, .clock = {}}};
  /// Who cancels and looks on.
  tenon::flow::SystemClock pranks_;
};

TEST_F(FlowPolicyStress, whatever_happens_a_run_leaves_all_its_effects_or_none_or_says_which) {
  SCOPED_TRACE("another seed than " + std::to_string(seed_) + ": TENON_STRESS_SEED=N");
  const auto start_some = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end && start(i);) ++i;
  };
  std::thread other(start_some, 0, kRuns / 2);
  start_some(kRuns / 2, kRuns);
  other.join();
  ASSERT_TRUE(engine_.wait_idle(1min)) << "runs hang: " << engine_.in_flight();

  std::size_t succeeded = 0;
  std::size_t given_up = 0;
  std::size_t owing = 0;
  for (const Record& record : records_) {
    SCOPED_TRACE("run " + std::to_string(record.input.ordinal));
    ASSERT_NO_FATAL_FAILURE(check(record));
    if (!record.error) {
      ++succeeded;
      continue;
    }
    if (mentions(*record.error, "FLOW.1019")) ++given_up;
    if (mentions(*record.error, "FLOW.1006")) ++owing;
  }
  // Else it has tried nothing.
  EXPECT_GT(succeeded, kRuns / 20);
  EXPECT_GT(given_up, 0U);
  EXPECT_GT(owing, 0U);
  EXPECT_GT(late_undos_->count(), 0U);
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    ASSERT_NO_FATAL_FAILURE(expect_free("slot-" + std::to_string(slot)));
  }
}

}  // namespace
