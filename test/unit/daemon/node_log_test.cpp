#include "daemon/node_log.h"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

namespace tenon::daemon {
namespace {

using ::testing::MatchesRegex;

TEST(NodeLog, quotes_values_that_would_be_misread) {
  const std::array<LogField, 5> fields{
      {{"plain", "a/b:c"}, {"blank", "a b"}, {"quote", "a\"b\\"}, {"empty", ""}, {"sign", "x=y"}}};
  EXPECT_EQ(format_line("text", fields), R"(text plain=a/b:c blank="a b" quote="a\"b\\" empty="" sign="x=y")");
}

TEST(NodeLog, lets_no_value_begin_a_line) {
  const std::array<LogField, 1> fields{{{"value", "a\nb\t\x1b[31m"}}};
  EXPECT_EQ(format_line("text", fields), R"(text value="a\nb\t\x1b[31m")");
}

TEST(NodeLog, writes_time_level_library_and_fields) {
  ::testing::internal::CaptureStderr();
  NodeLog log(LogLevel::kInfo, standard_error(false));
  const std::array<LogField, 1> fields{{{"key", "value"}}};
  log.log(LogLevel::kWarning, "sample", "text", fields);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z warning sample: text key=value\n"));
}

TEST(NodeLog, writes_priorities_for_the_journal) {
  ::testing::internal::CaptureStderr();
  NodeLog log(LogLevel::kDebug, standard_error(true));
  log.log(LogLevel::kDebug, "a", "b", {});
  log.log(LogLevel::kInfo, "a", "b", {});
  log.log(LogLevel::kWarning, "a", "b", {});
  log.log(LogLevel::kError, "a", "b", {});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "<7>a: b\n<6>a: b\n<4>a: b\n<3>a: b\n");
}

TEST(NodeLog, leaves_out_what_is_below_its_level) {
  ::testing::internal::CaptureStderr();
  NodeLog log(LogLevel::kWarning, standard_error(true));
  EXPECT_FALSE(log.log_enabled(LogLevel::kInfo));
  log.log(LogLevel::kInfo, "a", "b", {});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(NodeLog, tells_of_a_second_answer) {
  ::testing::internal::CaptureStderr();
  NodeLog log(LogLevel::kInfo, standard_error(true));
  log.answered_twice(1, 2);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "<3>node: a step was answered a second time, without effect code=FLOW.1003 run=0000000000001 step=2 "
            "flow=\"a flow of a run that has ended\"\n");
}

TEST(NodeLog, tells_its_listener_what_happens) {
  NodeLog log(LogLevel::kError, standard_error(true));
  log.happened("test.connected:a");
  std::vector<std::string> events;
  log.set_listener([&](std::string_view event) { events.emplace_back(event); });
  log.happened("test.connected:b");
  log.set_listener(nullptr);
  log.happened("test.connected:c");
  EXPECT_EQ(events, std::vector<std::string>{"test.connected:b"});
}

}  // namespace
}  // namespace tenon::daemon
