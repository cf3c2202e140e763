#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/described.h>

#include <optional>
#include <string>

#include "support/flows.h"
#include "support/node.h"
#include "support/run.h"

namespace {

using tenon::FlowKey;
using tenon::FlowStep;
using tenon::Json;
using tenon::Value;
using tenon::flow::RunResult;
using tenon::test::ChainMaker;
using tenon::test::run_chain;
using testing::ElementsAre;

struct Host {
  std::string name;
  int cpus = 1;
};
BOOST_DESCRIBE_STRUCT(Host, (), (name, cpus))

constexpr FlowKey<Host> kHost{"host"};
constexpr FlowKey<int> kNumber{"number"};
constexpr FlowKey<std::string> kNumberAsText{"number"};

class FlowDataTest : public testing::Test {
 protected:
  /// A flow that writes the number.
  static tenon::test::LambdaFlow::Call write(int number) {
    return [number](FlowStep step) {
      step.set(kNumber, number);
      std::move(step).next();
    };
  }
  /// A function that notes the number it sees.
  tenon::test::LambdaFlow::Call see(const std::string& who) {
    return [this, who](FlowStep step) {
      const int* number = step.find(kNumber);
      trace_.add(who + " sees " + (number != nullptr ? std::to_string(*number) : "nothing"));
      std::move(step).next();
    };
  }
  tenon::test::Node node_;
  tenon::test::Trace trace_;
  tenon::flow::Engine engine_;
};

TEST_F(FlowDataTest, passes_from_a_flow_to_those_after_it) {
  RunResult result = run_chain(
      engine_, ChainMaker().then("a", write(1)).then("b", see("b")).then("c", write(2)).then("d", see("d")).make());
  EXPECT_THAT(trace_.lines(), ElementsAre("b sees 1", "d sees 2"));
  ASSERT_NE(result.find("number"), nullptr);
  EXPECT_EQ(*result.find("number")->as<int>(), 2);
}

TEST_F(FlowDataTest, of_a_failed_attempt_is_forgotten) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a", write(1), see("undo a"))
                                            .then(
                                                "b",
                                                [&](FlowStep step) {
                                                  step.set(kNumber, 2);
                                                  trace_.add("b wrote " + std::to_string(step.get(kNumber)));
                                                  std::move(step).fail(tenon::make_error("TEST.1", ""));
                                                },
                                                see("undo b"))
                                            .make());
  EXPECT_FALSE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("b wrote 2", "undo b sees 1", "undo a sees 1"));
  EXPECT_EQ(result.find("number"), nullptr) << "the run left nothing";
}

TEST_F(FlowDataTest, is_in_each_undo_as_it_was_when_its_flow_had_answered) {
  (void)run_chain(engine_, ChainMaker()
                               .then("a", write(1), see("undo a"))
                               .then("b", write(2), see("undo b"))
                               .then("c", write(3), see("undo c"))
                               .then("d", trace_.fail("run d"), see("undo d"))
                               .make());
  EXPECT_THAT(trace_.lines(), ElementsAre("run d", "undo d sees 3", "undo c sees 3", "undo b sees 2", "undo a sees 1"));
}

TEST_F(FlowDataTest, may_not_be_written_by_a_rollback) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a", trace_.fail("run a"),
                                                  [](FlowStep step) {
                                                    step.set(kNumber, 1);
                                                    std::move(step).next();
                                                  })
                                            .make());
  ASSERT_EQ(result.error->causes.size(), 1U);
  EXPECT_EQ(result.error->causes[0].causes.at(0).code, "FLOW.1009");
}

TEST_F(FlowDataTest, that_is_missing_fails_the_flow_that_needs_it) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a",
                                                  [](FlowStep step) {
                                                    (void)step.get(kNumber);
                                                    std::move(step).next();
                                                  })
                                            .make());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->to_string(), "FLOW.1007: no value under this key: number");
}

TEST_F(FlowDataTest, of_another_type_fails_the_flow_that_reads_it) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a", write(1))
                                            .then("b",
                                                  [](FlowStep step) {
                                                    (void)step.find(kNumberAsText);
                                                    std::move(step).next();
                                                  })
                                            .make());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "FLOW.1008");
  EXPECT_THAT(result.error->details, testing::HasSubstr("number is int, read as std::"));
}

TEST_F(FlowDataTest, given_as_json_is_read_as_its_type_once) {
  const Host* first = nullptr;
  auto chain = ChainMaker()
                   .input("host")
                   .then("a",
                         [&](FlowStep step) {
                           first = &step.get(kHost);
                           trace_.add(first->name);
                           std::move(step).next();
                         })
                   .then("b",
                         [&](FlowStep step) {
                           EXPECT_EQ(&step.get(kHost), first);
                           std::move(step).next();
                         })
                   .make();
  const Json json = Json::object().add("name", "h1").add("cpus", 4);
  EXPECT_TRUE(run_chain(engine_, chain, {{"host", Value::of(json)}}).ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("h1"));
}

TEST_F(FlowDataTest, given_as_json_that_does_not_fit_names_the_path) {
  auto chain = ChainMaker()
                   .input("host")
                   .then("a",
                         [&](FlowStep step) {
                           (void)step.get(kHost);
                           std::move(step).next();
                         })
                   .make();
  RunResult result = run_chain(engine_, chain, {{"host", Value::of(Json::object().add("nam", "h1"))}});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "FLOW.1008");
  EXPECT_EQ(result.error->causes.at(0).to_string(), "JSON.1004: unknown member: $.host.nam");
}

TEST_F(FlowDataTest, holds_its_values_no_longer_than_the_result) {
  auto watched = std::make_shared<int>(1);
  constexpr FlowKey<std::shared_ptr<int>> kWatched{"watched"};
  {
    RunResult result = run_chain(engine_, ChainMaker()
                                              .then("a",
                                                    [&](FlowStep step) {
                                                      step.set(kWatched, watched);
                                                      std::move(step).next();
                                                    })
                                              .make());
    EXPECT_EQ(watched.use_count(), 2);
  }
  EXPECT_EQ(watched.use_count(), 1);
}

TEST_F(FlowDataTest, has_a_key_for_what_is_made_outside_that_is_the_same_in_the_undo) {
  (void)run_chain(engine_, ChainMaker()
                               .then("a", trace_.next("run a"))
                               .then(
                                   "b",
                                   [&](FlowStep step) {
                                     trace_.add(step.key());
                                     std::move(step).fail(tenon::make_error("TEST.1", ""));
                                   },
                                   [&](FlowStep step) {
                                     trace_.add(step.key());
                                     std::move(step).next();
                                   })
                               .make());
  const auto lines = trace_.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], lines[2]);
  EXPECT_THAT(lines[1], testing::MatchesRegex("[0-9a-z]{13}:1"));
}

}  // namespace
