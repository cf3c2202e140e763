#include "flow/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "support/flows.h"
#include "support/node.h"
#include "support/run.h"

namespace {

using namespace std::chrono_literals;
using tenon::ErrorCode;
using tenon::FlowStep;
using tenon::Json;
using tenon::Value;
using tenon::flow::Direction;
using tenon::flow::RunRequest;
using tenon::flow::RunResult;
using tenon::test::ChainMaker;
using tenon::test::run_chain;
using testing::ElementsAre;

class EngineTest : public testing::Test {
 protected:
  RunRequest request(std::shared_ptr<const tenon::flow::Chain> chain) {
    return {std::move(chain), {}, {}, [this](RunResult r) { ended_.set_value(std::move(r)); }};
  }
  tenon::test::Node node_;
  tenon::test::Trace trace_;
  tenon::flow::Engine engine_;
  std::promise<RunResult> ended_;
};

TEST_F(EngineTest, refuses_inputs_that_are_missing_or_not_declared) {
  auto chain = ChainMaker("c").input("vm").then("a", trace_.next("a")).make();
  auto missing = engine_.start(request(chain));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().to_string(), "FLOW.1012: an input of the chain is missing: 'vm' (chain 'c')");
  RunRequest unknown = request(chain);
  unknown.input.emplace_back("vn", Value::of(Json(1)));
  auto refused = engine_.start(std::move(unknown));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().to_string(), "FLOW.1013: the chain has no such input: 'vn' (chain 'c' takes: vm)");
  EXPECT_EQ(engine_.in_flight(), 0U);
}

TEST_F(EngineTest, gives_flows_what_is_given_to_a_chain_of_open_inputs) {
  constexpr tenon::FlowKey<std::string> kVm{"vm"};
  ChainMaker maker("c");
  maker.assembler().open_inputs();
  maker.then("a", [&](FlowStep step) {
    trace_.add(step.get(kVm));
    std::move(step).next();
  });
  const RunResult result = run_chain(engine_, maker.make(), {{std::string("vm"), Value::of<std::string>("web")}});
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("web"));
  EXPECT_EQ(*result.find("vm")->as<std::string>(), "web");
}

TEST_F(EngineTest, starts_nothing_once_it_is_closed) {
  engine_.close();
  auto run = engine_.start(request(ChainMaker().then("a", trace_.next("a")).make()));
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().code, "FLOW.1011");
  EXPECT_TRUE(engine_.wait_idle(0ms));
}

TEST_F(EngineTest, works_on_a_run_on_the_calling_thread_while_flows_answer_at_once) {
  std::thread::id where;
  auto chain = ChainMaker()
                   .then("a",
                         [&](FlowStep step) {
                           where = std::this_thread::get_id();
                           std::move(step).next();
                         })
                   .make();
  ASSERT_TRUE(engine_.start(request(chain)).ok());
  EXPECT_EQ(where, std::this_thread::get_id());
  EXPECT_TRUE(ended_.get_future().get().ok());
}

TEST_F(EngineTest, posts_a_run_to_a_thread_of_its_own) {
  std::promise<std::thread::id> where;
  auto chain = ChainMaker()
                   .then("a",
                         [&](FlowStep step) {
                           where.set_value(std::this_thread::get_id());
                           std::move(step).next();
                         })
                   .make();
  ASSERT_TRUE(engine_.post(request(chain)).ok());
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
  EXPECT_TRUE(ended_.get_future().get().ok());
  EXPECT_TRUE(engine_.wait_idle(10s));
}

TEST_F(EngineTest, undoes_a_run_that_is_cancelled_once_its_flow_has_answered) {
  std::promise<FlowStep> waiting;
  auto chain = ChainMaker()
                   .then("a", trace_.next("run a"), trace_.next("undo a"))
                   .then(
                       "b", [&](FlowStep step) { waiting.set_value(std::move(step)); }, trace_.next("undo b"))
                   .then("c", trace_.next("run c"))
                   .make();
  const std::uint64_t run = engine_.start(request(chain)).value();
  FlowStep step = waiting.get_future().get();
  EXPECT_FALSE(step.cancelled());
  EXPECT_EQ(engine_.describe_step(run, 1), "flow 'b' of chain 'chain'");
  EXPECT_TRUE(engine_.cancel(run));
  EXPECT_TRUE(step.cancelled());
  std::move(step).next();
  RunResult result = ended_.get_future().get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "FLOW.1004");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo b", "undo a"));
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_FALSE(engine_.cancel(run)) << "it has ended";
}

TEST_F(EngineTest, waits_until_all_runs_have_ended) {
  std::promise<FlowStep> waiting;
  auto chain = ChainMaker().then("a", [&](FlowStep step) { waiting.set_value(std::move(step)); }).make();
  ASSERT_TRUE(engine_.start(request(chain)).ok());
  EXPECT_FALSE(engine_.wait_idle(1ms));
  std::move(waiting.get_future().get()).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
}

TEST_F(EngineTest, lets_a_flow_run_another_chain) {
  auto inner = ChainMaker("inner").then("x", trace_.next("inner x")).make();
  auto outer = ChainMaker("outer")
                   .then("a",
                         [&](FlowStep step) {
                           EXPECT_TRUE(run_chain(engine_, inner).ok());
                           std::move(step).next();
                         })
                   .then("b", trace_.next("outer b"))
                   .make();
  EXPECT_TRUE(run_chain(engine_, outer).ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("inner x", "outer b"));
}

TEST_F(EngineTest, gives_each_run_an_id_above_those_before) {
  auto chain = ChainMaker().then("a", trace_.next("a")).make();
  const RunResult first = run_chain(engine_, chain);
  const RunResult second = run_chain(engine_, chain);
  EXPECT_LT(first.id, second.id);
}

TEST_F(EngineTest, tells_an_observer_of_each_step) {
  struct Observer : tenon::flow::RunObserver {
    void step_begun(std::uint64_t, std::size_t step, Direction d, std::uint32_t) noexcept override {
      trace.add((d == Direction::kForward ? "run " : "undo ") + std::to_string(step));
    }
    void step_ended(std::uint64_t, std::size_t step, Direction, const ErrorCode* error) noexcept override {
      trace.add("end " + std::to_string(step) + (error != nullptr ? " " + error->code : ""));
    }
    void step_skipped(std::uint64_t, std::size_t) noexcept override {}
    void step_waits(std::uint64_t, std::size_t, tenon::flow::Waiting, std::string_view) noexcept override {}
    void undone_late(std::uint64_t, std::size_t, const ErrorCode*) noexcept override {}
    void progress(std::uint64_t, std::size_t step, int percent, std::string_view what) noexcept override {
      trace.add(std::to_string(step) + " " + std::to_string(percent) + "% " + std::string(what));
    }
    tenon::test::Trace trace;
  };
  auto observer = std::make_shared<Observer>();
  auto chain = ChainMaker()
                   .then("a",
                         [](FlowStep step) {
                           step.progress(50, "half");
                           std::move(step).next();
                         })
                   .then("b", trace_.fail("b"))
                   .make();
  (void)run_chain(engine_, chain, {}, observer);
  EXPECT_THAT(observer->trace.lines(), ElementsAre("run 0", "0 50% half", "end 0", "run 1", "end 1 TEST.1", "undo 1",
                                                   "end 1", "undo 0", "end 0"));
}

}  // namespace
