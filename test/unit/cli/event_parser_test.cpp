#include "event_parser.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tenon::cli {
namespace {

using ::testing::ElementsAre;

class EventParserTest : public ::testing::Test {
 protected:
  std::vector<std::string> events_;
  EventParser parser_{[this](std::string_view name, std::string_view data) {
    events_.push_back(std::string(name) + "=" + std::string(data));
  }};
};

TEST_F(EventParserTest, finds_events_with_names_and_data) {
  parser_.feed("event: run\ndata: {}\n\nevent: end\ndata: 1\n\n");
  EXPECT_THAT(events_, ElementsAre("run={}", "end=1"));
}

TEST_F(EventParserTest, finds_events_that_come_byte_by_byte) {
  for (const char letter : std::string("event: run\ndata: {}\n\n")) parser_.feed({&letter, 1});
  EXPECT_THAT(events_, ElementsAre("run={}"));
}

TEST_F(EventParserTest, joins_lines_of_data) {
  parser_.feed("data: a\ndata:b\n\n");
  EXPECT_THAT(events_, ElementsAre("message=a\nb"));
}

TEST_F(EventParserTest, passes_over_heartbeats) {
  parser_.feed(":\n\n: note\n\nevent: x\ndata: 1\n\n:\n\n");
  EXPECT_THAT(events_, ElementsAre("x=1"));
}

}  // namespace
}  // namespace tenon::cli
