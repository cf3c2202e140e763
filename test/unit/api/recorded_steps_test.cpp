#include "api/recorded_steps.h"

#include <gmock/gmock.h>

#include "api/json_text.h"
#include "api/keeper_run_store.h"
#include "api/recorded_run.h"

namespace tenon::api {
namespace {

using Kind = flow::JournalRecord::Kind;

class RecordedStepsTest : public ::testing::Test {
 protected:
  journal::RunEntry& add(Kind kind, std::uint32_t step, const char* error = nullptr) {
    journal::RunEntry entry;
    entry.sequence = static_cast<std::uint32_t>(run_.history.entries.size() + 1);
    entry.kind = kind;
    entry.step = step;
    entry.at = 1000 * entry.sequence;
    if (error != nullptr) entry.error = make_error(error, "");
    return run_.history.entries.emplace_back(std::move(entry));
  }
  void done(std::uint32_t step, const std::string& value) {
    add(Kind::kDone, step).data = {{static_cast<std::int32_t>(step), "key", 0, Json(value)}};
  }
  /// `STATE` of each step, with its errors.
  std::string states() {
    const Json steps = RecordedSteps(run_).json();
    std::string text;
    for (const Json& step : *steps.as_array()) {
      text.append(text.empty() ? "" : ", ").append(*step.find("state")->as_string());
      for (const char* name : {"error", "last_error", "undo_error"}) {
        if (const Json* error = step.find(name)) text += " " + *error->find("code")->as_string();
      }
    }
    return text;
  }
  std::string data() { return print_json(data_json(RecordedSteps(run_).data())); }

  RecordedRun run_{{}, {{"a", "p"}, {"b", "p"}, {"c", "p"}}};
};

TEST_F(RecordedStepsTest, follow_a_run_there_and_back) {
  EXPECT_EQ(states(), "pending, pending, pending");
  done(0, "x");
  done(1, "y");
  EXPECT_EQ(states(), "done, done, pending");
  EXPECT_EQ(data(), R"({"key":"y"})");
  add(Kind::kFailed, 2, "X.1").begun = {0, 1, 2};
  EXPECT_EQ(states(), "done, done, failed X.1");
  add(Kind::kUndone, 2);
  add(Kind::kUndoFailed, 1, "X.2");
  add(Kind::kUndone, 0);
  add(Kind::kClosed, 0);
  EXPECT_EQ(states(), "undone, undo-failed X.2, undone X.1");
  EXPECT_EQ(data(), "{}");
  add(Kind::kLateUndone, 1);
  EXPECT_NE(RecordedSteps(run_).json().as_array()->at(1).find("undone_late"), nullptr);
}

TEST_F(RecordedStepsTest, know_of_attempts) {
  add(Kind::kRetry, 1, "X.1").attempt = 2;
  EXPECT_EQ(states(), "pending, pending X.1, pending");
  EXPECT_EQ(*RecordedSteps(run_).json().as_array()->at(1).find("attempt"), Json(3));
  add(Kind::kDone, 1).attempt = 3;
  EXPECT_EQ(states(), "pending, done X.1, pending");
  add(Kind::kBack, 2, "X.2").begun = {1, 2};
  add(Kind::kUndone, 2);
  add(Kind::kUndone, 1);
  done(1, "again");
  EXPECT_EQ(states(), "pending, done, undone X.2");
  EXPECT_EQ(data(), R"({"key":"again"})");
}

TEST_F(RecordedStepsTest, may_be_left_out_by_operators) {
  add(Kind::kSkipped, 0);
  add(Kind::kRestSkipped, 1);
  EXPECT_EQ(states(), "skipped, undone, pending");
}

TEST_F(RecordedStepsTest, of_a_failed_run_leave_its_inputs) {
  run_.history.run.phase = journal::RunPhase::kFailed;
  run_.history.run.ended = 9000;
  run_.history.input = {{-1, "n", 0, Json(1)}};
  done(0, "x");
  EXPECT_EQ(print_json(*recorded_json(run_).find("data")), R"({"n":1})");
  run_.history.run.phase = journal::RunPhase::kSucceeded;
  EXPECT_EQ(print_json(*recorded_json(run_).find("data")), R"({"n":1,"key":"x"})");
}

TEST(StepsOfDefinition, are_read_by_name) {
  const auto steps = steps_of_definition(R"({"format":1,"steps":[{"name":"a","plugin":"p"},{"name":"b"}]})").value();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].plugin, "p");
  EXPECT_EQ(steps[1].name, "b");
  EXPECT_EQ(steps_of_definition("{").error().code, "JOURNAL.1006");
  EXPECT_EQ(steps_of_definition("{}").error().code, "JOURNAL.1006");
}

}  // namespace
}  // namespace tenon::api
