#include "api/json_text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdint>
#include <string>

namespace tenon::api {
namespace {

using ::testing::HasSubstr;

Json parsed(std::string_view text) { return parse_json(text).value(); }
std::string refused(std::string_view text) { return parse_json(text).error().to_string(); }

TEST(JsonText, reads_every_kind_of_value) {
  const Json json = parsed(R"({"a": [1, -2, 2.5, true, false, null, "té\n"], "b": {}})");
  EXPECT_EQ(
      json,
      Json::object().add("a", Json(Json::Array{1, -2, 2.5, true, false, nullptr, "té\n"})).add("b", Json::object()));
}

TEST(JsonText, keeps_the_widest_whole_numbers) {
  EXPECT_EQ(*parsed("9223372036854775807").as_int(), INT64_MAX);
  EXPECT_EQ(*parsed("-9223372036854775808").as_int(), INT64_MIN);
  EXPECT_EQ(*parsed("18446744073709551615").as_uint(), UINT64_MAX);
}

TEST(JsonText, takes_the_nearest_double) {
  EXPECT_EQ(*parsed("0.1").as_double(), 0.1);
  EXPECT_EQ(*parsed("184467440737095516159").as_double(), 184467440737095516159.0);
  EXPECT_EQ(*parsed("1.7976931348623157e308").as_double(), 1.7976931348623157e308);
  EXPECT_EQ(*parsed("-0").as_int(), 0);
}

TEST(JsonText, refuses_numbers_that_no_double_can_hold) {
  for (const char* number : {"1e400", "-1e400", "1e-400", "1e99999999999"}) {
    EXPECT_THAT(refused(number), HasSubstr("JSON.1006")) << number;
  }
}

TEST(JsonText, says_line_and_column_of_what_is_no_json) {
  EXPECT_EQ(refused("{\n  \"a\": 1,\n  oops\n}"),
            "JSON.1006: not JSON: line 3, column 3: Missing a name for object member.");
  EXPECT_EQ(refused(""), "JSON.1006: not JSON: the text is empty");
}

TEST(JsonText, refuses_what_follows_the_value) {
  EXPECT_THAT(refused("{} {}"), HasSubstr("line 1, column 4"));
  EXPECT_THAT(refused(std::string_view("{}\0x", 4)), HasSubstr("line 1, column 3: a zero byte"));
}

TEST(JsonText, refuses_a_name_given_twice) {
  EXPECT_THAT(refused(R"({"a": 1, "b": {"a": 2}, "a": 3})"), HasSubstr("JSON.1007"));
  EXPECT_THAT(refused(R"({"a": 1, "a": 3})"), HasSubstr("'a'"));
}

TEST(JsonText, refuses_nesting_that_is_too_deep_without_using_the_stack) {
  const std::string deepest = std::string(kJsonDepth, '[') + std::string(kJsonDepth, ']');
  EXPECT_TRUE(parse_json(deepest).ok());
  EXPECT_THAT(refused("[" + deepest + "]"), HasSubstr("JSON.1008: nested too deep"));
  EXPECT_THAT(refused(std::string(5'000'000, '[')), HasSubstr("JSON.1008"));
}

TEST(JsonText, refuses_bytes_that_are_no_utf8) { EXPECT_THAT(refused("\"\xC3\x28\""), HasSubstr("JSON.1006")); }

TEST(JsonText, refuses_half_of_a_surrogate_pair) {
  for (const char* half : {R"("\ud83d")", R"("\ude00")", R"("\ud83d\ud83d")", R"({"\ude00":1})"}) {
    EXPECT_THAT(refused(half), HasSubstr("JSON.1006")) << half;
  }
}

TEST(JsonText, refuses_numbers_that_json_does_not_have) {
  for (const char* text : {"NaN", "Infinity", "01", "+1", "1.", "1e999", "0x10"}) {
    EXPECT_FALSE(parse_json(text).ok()) << text;
  }
}

TEST(JsonText, prints_what_it_has_read) {
  const std::string text = R"({"a":[1,-2,2.5,true,null,"q\"\\\n"],"b":{"c":18446744073709551615}})";
  EXPECT_EQ(print_json(parsed(text)), text);
}

TEST(JsonText, prints_only_valid_json) {
  EXPECT_EQ(print_json(Json(std::nan(""))), "null");
  EXPECT_EQ(print_json(Json(std::string("a\xC3(\xF5z"))), "\"a\xEF\xBF\xBD(\xEF\xBF\xBDz\"");
  EXPECT_EQ(print_json(Json(std::string("\xED\xA0\x80"))), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(print_json(Json(std::string("\xE2\x82\xAC \xF0\x9F\x98\x80"))), "\"\xE2\x82\xAC \xF0\x9F\x98\x80\"");
}

TEST(JsonText, indents_for_readers) {
  EXPECT_EQ(print_json(parsed(R"({"a":[1]})"), JsonStyle::kIndented), "{\n  \"a\": [\n    1\n  ]\n}");
}

}  // namespace
}  // namespace tenon::api
