#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/flows.h"
#include "support/node.h"
#include "support/run.h"

namespace {

using tenon::ErrorCode;
using tenon::FlowStep;
using tenon::flow::RunResult;
using tenon::test::ChainMaker;
using tenon::test::run_chain;
using testing::ElementsAre;
using testing::IsEmpty;

class FlowRollback : public testing::Test {
 protected:
  tenon::test::Node node_;
  tenon::test::Trace trace_;
  tenon::flow::Engine engine_;
};

TEST_F(FlowRollback, runs_flows_in_order_and_undoes_none_of_a_run_that_succeeds) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a", trace_.next("run a"), trace_.next("undo a"))
                                            .then("b", trace_.next("run b"), trace_.next("undo b"))
                                            .make());
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b"));
}

TEST_F(FlowRollback, undoes_the_failed_flow_then_begun_flows_in_reverse) {
  RunResult result = run_chain(engine_, ChainMaker("vm.create")
                                            .then("a", trace_.next("run a"), trace_.next("undo a"))
                                            .then("b", trace_.next("run b"), trace_.next("undo b"))
                                            .then("c", trace_.fail("run c"), trace_.next("undo c"))
                                            .then("d", trace_.next("run d"), trace_.next("undo d"))
                                            .make());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "run c", "undo c", "undo b", "undo a"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "TEST.1");
  EXPECT_EQ(result.error->elaboration.at("flow"), "c");
  EXPECT_EQ(result.error->elaboration.at("chain"), "vm.create");
  EXPECT_EQ(result.error->elaboration.at("place"), "chain.xml:3:1");
  EXPECT_THAT(result.error->causes, IsEmpty());
}

TEST_F(FlowRollback, goes_on_past_an_undo_that_fails_and_tells_the_caller_of_each) {
  RunResult result = run_chain(
      engine_, ChainMaker()
                   .then("a", trace_.next("run a"), trace_.next("undo a"))
                   .then("b", trace_.next("run b"), trace_.fail("undo b", "TEST.2"))
                   .then("c", trace_.fail("run c"), [&](FlowStep) -> void { throw std::runtime_error("no undo"); })
                   .make());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "run c", "undo b", "undo a"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "TEST.1") << "what failed first is what the caller is told first";
  ASSERT_EQ(result.error->causes.size(), 2U);
  const ErrorCode& thrown = result.error->causes[0];
  EXPECT_EQ(thrown.code, "FLOW.1006");
  EXPECT_EQ(thrown.details, "c");
  EXPECT_EQ(thrown.causes.at(0).details, "no undo");
  EXPECT_EQ(result.error->causes[1].details, "b");
  EXPECT_EQ(result.error->causes[1].causes.at(0).code, "TEST.2");
}

TEST_F(FlowRollback, counts_an_undo_that_drops_its_step_as_failed) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a", trace_.next("run a"), trace_.next("undo a"))
                                            .then("b", trace_.fail("run b"), [](FlowStep) {})
                                            .make());
  ASSERT_EQ(result.error->causes.size(), 1U);
  EXPECT_EQ(result.error->causes[0].causes.at(0).code, "FLOW.1002");
  EXPECT_EQ(trace_.lines().back(), "undo a");
}

TEST_F(FlowRollback, of_a_first_flow_that_fails_undoes_just_that) {
  RunResult result = run_chain(engine_, ChainMaker().then("a", trace_.fail("run a"), trace_.next("undo a")).make());
  EXPECT_FALSE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a"));
}

TEST_F(FlowRollback, passes_over_flows_that_need_no_undo) {
  struct Check : tenon::NoRollbackFlow {
    void run(FlowStep step) const override { std::move(step).next(); }
  };
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a", trace_.next("run a"), trace_.next("undo a"))
                                            .then("check", std::make_shared<Check>())
                                            .then("b", trace_.fail("run b"))
                                            .make());
  EXPECT_THAT(result.error->causes, IsEmpty());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo a"));
}

TEST_F(FlowRollback, of_a_hundred_thousand_flows_needs_no_more_stack_than_of_one) {
  ChainMaker maker;
  std::size_t runs = 0;
  std::size_t undos = 0;
  constexpr std::size_t kFlows = 100'000;
  for (std::size_t i = 0; i < kFlows; ++i) {
    maker.then(
        "f",
        [&, i](FlowStep step) {
          ++runs;
          if (i + 1 == kFlows) {
            std::move(step).fail(tenon::make_error("TEST.1", "at the end"));
          } else {
            std::move(step).next();
          }
        },
        [&](FlowStep step) {
          ++undos;
          std::move(step).next();
        });
  }
  auto chain = maker.make();
  RunResult result;
  // A thread of its own, so that the size of the stack is known.
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  struct Work {
    tenon::flow::Engine* engine;
    std::shared_ptr<const tenon::flow::Chain> chain;
    RunResult* result;
  } work{&engine_, chain, &result};
  pthread_t thread{};
  ASSERT_EQ(pthread_create(
                &thread, &attributes,
                [](void* argument) -> void* {
                  auto* w = static_cast<Work*>(argument);
                  *w->result = run_chain(*w->engine, w->chain);
                  return nullptr;
                },
                &work),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(runs, kFlows);
  EXPECT_EQ(undos, kFlows);
}

}  // namespace
