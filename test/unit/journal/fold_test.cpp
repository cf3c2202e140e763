#include "journal/run_fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/records.h"

namespace tenon::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = flow::JournalRecord::Kind;

/// A run whose records come one after the other.
class RunFold : public ::testing::Test {
 protected:
  void add(Kind kind, std::uint32_t step, std::string_view data = {}, std::uint32_t attempt = 1) {
    ASSERT_TRUE(fold(run_, {++sequence_, kind, step, attempt, 1'000'000, data}).ok());
  }
  void fail(const std::vector<std::uint32_t>& begun) {
    const ErrorCode error = make_error("X.1", "failed");
    add(Kind::kFailed, 0, note_text(&error, begun, 0));
  }
  [[nodiscard]] std::vector<std::int32_t> writers() const {
    std::vector<std::int32_t> steps;
    for (const LiveRun::Data& data : run_.data) steps.push_back(data.step);
    return steps;
  }
  LiveRun run_;
  std::uint32_t sequence_ = 0;
};

TEST_F(RunFold, is_at_the_step_after_those_that_are_done) {
  add(Kind::kDone, 1, "[]");
  add(Kind::kDone, 0);
  EXPECT_THAT(run_.done, ElementsAre(1U, 0U));
  EXPECT_THAT(writers(), ElementsAre(1));
  EXPECT_EQ(run_.sequence, 2U);
  EXPECT_FALSE(run_.turned);
}

TEST_F(RunFold, has_left_to_undo_what_had_begun_when_it_turned_back) {
  add(Kind::kDone, 0, "[0]");
  add(Kind::kDone, 1, "[1]");
  fail({0, 1, 2});
  EXPECT_TRUE(run_.turned);
  EXPECT_EQ(read_error(run_.error).code, "X.1");
  add(Kind::kUndone, 2);
  EXPECT_THAT(run_.done, ElementsAre(0U, 1U));
  EXPECT_THAT(writers(), ElementsAre(0, 1));
  add(Kind::kUndone, 1);
  EXPECT_THAT(run_.done, ElementsAre(0U));
  EXPECT_THAT(writers(), ElementsAre(0));
}

TEST_F(RunFold, does_not_undo_again_what_has_become_a_debt) {
  fail({0, 1});
  add(Kind::kUndoFailed, 1);
  EXPECT_THAT(run_.done, ElementsAre(0U));
}

TEST_F(RunFold, forgets_steps_that_were_undone_to_be_tried_again) {
  add(Kind::kDone, 0, "[0]");
  add(Kind::kDone, 1, "[1]");
  add(Kind::kUndone, 1);
  EXPECT_FALSE(run_.turned);
  EXPECT_THAT(run_.done, ElementsAre(0U));
  add(Kind::kDone, 1, "[2]");
  EXPECT_THAT(run_.done, ElementsAre(0U, 1U));
  EXPECT_EQ(run_.data.back().text, "[2]");
}

TEST_F(RunFold, knows_the_undos_that_failed_and_why_it_goes_back) {
  const ErrorCode failed = make_error("X.1", "failed");
  const ErrorCode undo = make_error("FLOW.1006", "an undo failed");
  add(Kind::kDone, 0);
  add(Kind::kDone, 1);
  add(Kind::kBack, 1, note_text(&failed, std::vector<std::uint32_t>{1}, 0));
  EXPECT_EQ(read_error(run_.error).code, "X.1");
  EXPECT_THAT(run_.failed_undos, IsEmpty());
  add(Kind::kUndoFailed, 1, note_text(&undo, {}, 0));
  EXPECT_FALSE(run_.turned);
  EXPECT_THAT(run_.done, ElementsAre(0U));
  ASSERT_EQ(run_.failed_undos.size(), 1U);
  EXPECT_EQ(read_error(run_.failed_undos[0]).code, "FLOW.1006");
}

TEST_F(RunFold, leaves_what_an_undo_said_to_be_left) {
  fail({0, 1, 2, 3});
  add(Kind::kUndone, 3);
  add(Kind::kRestSkipped, 2);
  EXPECT_THAT(run_.done, IsEmpty());
}

TEST_F(RunFold, leaves_out_what_an_operator_left_out_forward_and_back) {
  add(Kind::kDone, 0);
  add(Kind::kSkipped, 1);
  EXPECT_THAT(run_.skipped, ElementsAre(1U));
  fail({0, 2});
  add(Kind::kSkipped, 2);
  EXPECT_THAT(run_.done, ElementsAre(0U));
  EXPECT_THAT(run_.skipped, ElementsAre(1U));
}

TEST_F(RunFold, remembers_when_the_next_attempt_is_due_until_the_step_is_done) {
  const ErrorCode error = make_error("X.1", "failed");
  add(Kind::kRetry, 2, note_text(&error, {}, 500), 1);
  add(Kind::kRetry, 2, note_text(&error, {}, 1500), 2);
  ASSERT_EQ(run_.retries.size(), 1U);
  EXPECT_EQ(run_.retries[0].attempt, 3U);
  EXPECT_EQ(run_.retries[0].due, 1'000'000 + 1'500'000);
  add(Kind::kDone, 2);
  EXPECT_THAT(run_.retries, IsEmpty());
  add(Kind::kRetry, 3, note_text(&error, {}, 500), 1);
  fail({2});
  EXPECT_THAT(run_.retries, IsEmpty());
}

TEST_F(RunFold, heeds_what_operators_said_last) {
  const auto say = [&](Verb verb) {
    Action action;
    action.verb = verb;
    fold(run_, action);
  };
  say(Verb::kPause);
  EXPECT_TRUE(run_.paused);
  say(Verb::kResume);
  EXPECT_FALSE(run_.paused);
  say(Verb::kCancel);
  EXPECT_TRUE(run_.cancelled);
  EXPECT_EQ(run_.actions.size(), 3U);
}

TEST_F(RunFold, says_which_record_can_not_be_read) {
  EXPECT_EQ(fold(run_, {1, Kind::kFailed, 0, 1, 0, "{"}).error().code, "JOURNAL.1006");
}

}  // namespace
}  // namespace tenon::journal
