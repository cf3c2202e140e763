#include "api/query.h"

#include <gmock/gmock.h>

namespace tenon::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::int64_t kHour = 3'600'000'000;

TEST(ReadQuery, decodes_names_and_values) {
  EXPECT_THAT(read_query("/a").value(), IsEmpty());
  EXPECT_THAT(read_query("/a?").value(), IsEmpty());
  EXPECT_THAT(read_query("/a?x=1&&y=a%20b+c&z&w==&x=2#end").value(),
              ElementsAre(Pair("x", "1"), Pair("y", "a b c"), Pair("z", ""), Pair("w", "="), Pair("x", "2")));
  EXPECT_EQ(read_query("/a?x=%2").error().to_string(), "API.1012: a parameter is wrong: it can't be decoded: 'x=%2'");
}

TEST(ReadQuery, understands_what_query_text_writes) {
  const std::string text = "a b&c=d+e%f/\xc3\xa4";
  EXPECT_EQ(read_query("/?x=" + query_text(text)).value().front().second, text);
}

TEST(ReadMoment, takes_dates_times_and_what_was_some_time_ago) {
  const auto read = [](std::string_view text) { return read_moment("since", text, 10 * kHour).value(); };
  EXPECT_EQ(read("1970-01-02"), 24 * kHour);
  EXPECT_EQ(read("1970-01-01T01:00:00Z"), kHour);
  EXPECT_EQ(read("1970-01-01T01:00:00.25Z"), kHour + 250'000);
  EXPECT_EQ(read("1970-01-01T01:00:00.1234567Z"), kHour + 123'456);
  EXPECT_EQ(read("1970-01-01T03:30:00+02:30"), kHour);
  EXPECT_EQ(read("1970-01-01T00:00:00-01:00"), kHour);
  EXPECT_EQ(read("2h"), 8 * kHour);
  EXPECT_EQ(read("2024-02-29"), 19'782 * 24 * kHour);
}

TEST(ReadMoment, refuses_all_else) {
  for (const char* wrong :
       {"", "soon", "2024-13-01", "2023-02-29", "2024-01-01T", "2024-01-01T10:00Z", "2024-01-01T10:00:00",
        "2024-01-01T25:00:00Z", "2024-01-01T10:00:00.Z", "2 h", "2024-01-01T10:00:00Zz", "2024-01-01T10:00:00+2:00"}) {
    EXPECT_EQ(read_moment("since", wrong, 0).error().code, "API.1012") << wrong;
  }
  EXPECT_EQ(read_moment("since", "x", 0).error().details,
            "since: expected a time such as 2024-05-01, 2024-05-01T12:30:00Z or 2h (two hours ago), found 'x'");
}

TEST(ReadCount, has_bounds) {
  EXPECT_EQ(read_count("limit", "5", 1, 10).value(), 5U);
  for (const char* wrong : {"", "0", "11", "-1", "5x", "99999999999999999999"}) {
    EXPECT_EQ(read_count("limit", wrong, 1, 10).error().code, "API.1012") << wrong;
  }
}

}  // namespace
}  // namespace tenon::api
