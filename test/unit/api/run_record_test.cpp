#include "api/run_record.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/flows.h"

namespace tenon::api {
namespace {

using flow::Direction;
using flow::Waiting;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  return member != nullptr && member->as_string() != nullptr ? *member->as_string() : "(none)";
}

std::shared_ptr<const flow::Chain> chain_of(int steps) {
  test::ChainMaker chain;
  for (int i = 0; i < steps; ++i) {
    chain.then(std::string(1, static_cast<char>('a' + i)), [](FlowStep step) { std::move(step).next(); });
  }
  return chain.make();
}

/// A record that is told what happened, as the engine does.
class RunRecordTest : public ::testing::Test {
 protected:
  Json step(std::size_t index) { return (*record_.json().find("steps")->as_array())[index]; }
  /// Events as `NAME STEP STATE`, with the attempt and what is waited for.
  std::vector<std::string> events() {
    std::vector<std::string> list;
    for (const RunEvent& event : record_.read(cursor_)) {
      std::string line = std::string(event.name) + " " + text(event.data, "name") + " " + text(event.data, "state");
      if (const Json* attempt = event.data.find("attempt")) line += " " + std::to_string(*attempt->as_int());
      if (event.data.find("waiting") != nullptr) {
        line += " waits " + text(event.data, "waiting") + " " + text(event.data, "waiting_for");
      }
      list.push_back(std::move(line));
    }
    return list;
  }
  void begun(std::size_t index, Direction direction = Direction::kForward, std::uint32_t attempt = 1) {
    record_.step_begun(7, index, direction, attempt);
  }
  void ended(std::size_t index, Direction direction = Direction::kForward) {
    record_.step_ended(7, index, direction, nullptr);
  }
  void failed(std::size_t index, const std::string& code, Direction direction = Direction::kForward) {
    const ErrorCode error = make_error(code, "told to fail");
    record_.step_ended(7, index, direction, &error);
  }

  RunRecord record_{*chain_of(3)};
  RunRecord::Cursor cursor_;
};

TEST_F(RunRecordTest, counts_the_attempts_of_a_step_and_keeps_the_error_of_the_last_one) {
  (void)events();
  begun(0);
  failed(0, "X.1");
  begun(0, Direction::kUndo);
  ended(0, Direction::kUndo);
  EXPECT_EQ(text(record_.summary(), "state"), "undoing");
  record_.step_waits(7, 0, Waiting::kBackoff, "");
  begun(0, Direction::kForward, 2);
  EXPECT_EQ(text(record_.summary(), "state"), "running");
  const Json retried = step(0);
  EXPECT_EQ(text(*retried.find("last_error"), "code"), "X.1");
  EXPECT_EQ(retried.find("error"), nullptr);
  EXPECT_EQ(retried.find("undo_started_ms"), nullptr);
  ended(0);
  EXPECT_THAT(events(), ElementsAre("step a running", "step a failed", "step a undoing", "step a undone",
                                    "step a undone waits backoff (none)", "step a running 2", "step a done 2"));
}

TEST_F(RunRecordTest, tells_what_a_step_waits_for_until_it_goes_on) {
  (void)events();
  record_.step_waits(7, 0, Waiting::kLock, "vm:1");
  const Json waiting = step(0);
  EXPECT_EQ(text(waiting, "state"), "pending");
  EXPECT_EQ(text(waiting, "waiting"), "lock");
  EXPECT_EQ(text(waiting, "waiting_for"), "vm:1");
  EXPECT_NE(waiting.find("waiting_since_ms"), nullptr);
  begun(0);
  EXPECT_EQ(step(0).find("waiting"), nullptr);
  EXPECT_THAT(events(), ElementsAre("step a pending waits lock vm:1", "step a running"));
}

TEST_F(RunRecordTest, says_nothing_of_a_flow_that_has_not_answered_yet) {
  begun(0);
  (void)events();
  record_.step_waits(7, 0, Waiting::kAnswer, "");
  record_.step_waits(7, 0, Waiting::kNothing, "");
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(RunRecordTest, shows_checks_and_skipped_steps) {
  (void)events();
  begun(0, Direction::kCheck);
  ended(0, Direction::kCheck);
  begun(1, Direction::kCheck);
  failed(1, "X.1", Direction::kCheck);
  record_.step_skipped(7, 2);
  EXPECT_THAT(events(),
              ElementsAre("step a checking", "step a checked", "step b checking", "step b failed", "step c skipped"));
}

TEST_F(RunRecordTest, follows_several_steps_at_work_at_once) {
  begun(2);
  begun(1);
  (void)events();
  record_.progress(7, 2, 30, "half");
  record_.progress(7, 1, 60, "more");
  EXPECT_THAT(events(), ElementsAre("progress b running", "progress c running"));
  EXPECT_EQ(*record_.summary().find("step"), Json(1));
  ended(1);
  EXPECT_EQ(*record_.summary().find("step"), Json(2));
  EXPECT_EQ(*step(2).find("progress"), Json(30));
}

TEST_F(RunRecordTest, takes_in_an_undo_that_comes_late) {
  begun(0);
  record_.step_waits(7, 0, Waiting::kGrace, "");
  begun(0, Direction::kUndo);
  ended(0, Direction::kUndo);
  EXPECT_EQ(step(0).find("duration_ms"), nullptr);  // it never answered
  const ErrorCode error = make_error("X.2", "busy");
  record_.undone_late(7, 0, &error);
  EXPECT_EQ(text(step(0), "state"), "undo-failed");
  EXPECT_EQ(text(*step(0).find("undo_error"), "code"), "X.2");
  EXPECT_EQ(*step(0).find("undone_late"), Json(true));
  record_.undone_late(7, 0, nullptr);
  EXPECT_EQ(text(step(0), "state"), "undone");
  EXPECT_EQ(step(0).find("undo_error"), nullptr);
}

TEST_F(RunRecordTest, shows_a_reader_who_is_far_behind_the_run_anew) {
  (void)events();
  for (std::uint32_t attempt = 1; attempt <= 5000; ++attempt) {
    begun(0, Direction::kForward, attempt);
    failed(0, "X.1");
  }
  std::size_t steps = 0;
  std::vector<std::string> first = events();
  ASSERT_THAT(first, ::testing::Contains("run (none) running"));
  for (auto more = std::move(first); !more.empty(); more = events()) steps += more.size();
  EXPECT_LT(steps, 1000U);
  begun(0, Direction::kForward, 5001);
  EXPECT_THAT(events(), ElementsAre("step a running 5001"));
}

}  // namespace
}  // namespace tenon::api
