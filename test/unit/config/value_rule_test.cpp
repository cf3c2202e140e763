#include "config/value_rule.h"

#include "unit/config/config_fixture.h"

namespace tenon::config {
namespace {

using ::testing::ElementsAre;

std::string refused(const ValueRule& rule, std::string_view value) {
  const Result<ConfigValue> parsed = rule.parse(value);
  return parsed ? "(taken)" : parsed.error().details;
}

TEST(ValueRule, reads_each_type) {
  EXPECT_EQ(rule("bool").parse("true")->data, ConfigValue{true}.data);
  EXPECT_EQ(rule("integer").parse("-3")->data, ConfigValue{std::int64_t{-3}}.data);
  EXPECT_EQ(rule("number").parse("0.5")->data, ConfigValue{0.5}.data);
  EXPECT_EQ(rule("string").parse(" a b ")->data, ConfigValue{std::string(" a b ")}.data);
  EXPECT_EQ(rule("duration").parse("2m")->data, ConfigValue{std::int64_t{120'000}}.data);
  EXPECT_EQ(rule("size").parse("2K")->data, ConfigValue{std::int64_t{2048}}.data);
}

TEST(ValueRule, knows_the_types_that_the_white_paper_names) {
  EXPECT_EQ(rule("java.lang.Integer").kind(), PropertyType::Kind::kInteger);
  EXPECT_EQ(rule("java.lang.Long").kind(), PropertyType::Kind::kInteger);
  EXPECT_EQ(rule("java.lang.Boolean").kind(), PropertyType::Kind::kBool);
  EXPECT_EQ(rule("java.lang.Float").kind(), PropertyType::Kind::kNumber);
  EXPECT_EQ(rule("java.lang.Double").kind(), PropertyType::Kind::kNumber);
  EXPECT_EQ(rule("java.lang.String").kind(), PropertyType::Kind::kString);
  EXPECT_EQ(refused(rule("java.lang.Integer"), "2147483648"),
            "expected an integer from -2147483648 to 2147483647, found '2147483648'");
}

TEST(ValueRule, says_what_was_expected_and_found) {
  EXPECT_EQ(refused(rule("bool"), "yes"), "expected true or false, found 'yes'");
  EXPECT_EQ(refused(rule("integer"), "1.5"), "expected an integer, found '1.5'");
  EXPECT_EQ(refused(rule("number"), "nan"), "expected a number, found 'nan'");
  EXPECT_EQ(refused(rule("duration"), "10"), "expected a duration such as 10s or 200ms, found '10'");
  EXPECT_EQ(refused(rule("duration"), "1us"), "expected a duration such as 10s or 200ms, found '1us'");
  EXPECT_EQ(refused(rule("size"), "-1"), "expected a size such as 512M, found '-1'");
  EXPECT_EQ(refused(rule("string"), std::string(5000, 'x')),
            "expected a text of at most 4096 bytes, found a text of 5000 bytes");
  EXPECT_EQ(refused(rule("string"), std::string_view("a\0b", 3)).substr(0, 38),
            "expected a text of at most 4096 bytes,");
}

TEST(ValueRule, keeps_ranges_in_the_units_of_the_type) {
  descriptor::ValidatorDefinition validator;
  validator.min = text("1s");
  validator.max = text("1h");
  EXPECT_EQ(refused(rule("duration", validator), "1s"), "(taken)");
  EXPECT_EQ(refused(rule("duration", validator), "60m"), "(taken)");
  EXPECT_EQ(refused(rule("duration", validator), "999ms"),
            "expected a duration such as 10s or 200ms from 1s to 1h, found '999ms'");
  validator.min = text("0.5");
  validator.max.reset();
  EXPECT_EQ(refused(rule("number", validator), "0.4"), "expected a number of at least 0.5, found '0.4'");
}

TEST(ValueRule, keeps_texts_to_lengths_patterns_and_words) {
  descriptor::ValidatorDefinition lengths;
  lengths.min_length = 2;
  lengths.max_length = 3;
  EXPECT_EQ(refused(rule("string", lengths), "a"), "expected a text of 2 to 3 bytes, found 'a'");
  EXPECT_EQ(refused(rule("string", lengths), "abcd"), "expected a text of 2 to 3 bytes, found 'abcd'");
  descriptor::ValidatorDefinition pattern;
  pattern.pattern = text("[a-z]+");
  EXPECT_EQ(refused(rule("string", pattern), "abc"), "(taken)");
  EXPECT_EQ(refused(rule("string", pattern), "a1"),
            "expected a text of at most 4096 bytes that matches [a-z]+, found 'a1'");
  descriptor::ValidatorDefinition words;
  words.one_of = {text("red"), text("blue")};
  EXPECT_EQ(refused(rule("string", words), "blue"), "(taken)");
  EXPECT_EQ(refused(rule("string", words), "green"), "expected one of red, blue, found 'green'");
}

TEST(ValueRule, refuses_rules_that_make_no_sense) {
  const auto error = [](const std::string& type, const descriptor::ValidatorDefinition& validator) {
    descriptor::Diagnostics diagnostics;
    EXPECT_FALSE(ValueRule::read(text(type), validator, diagnostics)) << type;
    std::string lines;
    for (const auto& diagnostic : diagnostics.sorted()) lines += diagnostic.message + "\n";
    return lines;
  };
  descriptor::ValidatorDefinition range;
  range.min = text("9");
  range.max = text("1");
  EXPECT_EQ(error("intger", {}),
            "there is no type 'intger': expected bool, integer, number, string, duration or size (did you mean "
            "'integer'?)\n");
  EXPECT_EQ(error("integer", range), "attribute 'min': it is above 'max'\n");
  EXPECT_EQ(error("duration", range),
            "attribute 'min': expected a duration such as 10s or 200ms, found '9'\n"
            "attribute 'max': expected a duration such as 10s or 200ms, found '1'\n");
  EXPECT_EQ(error("string", range),
            "attribute 'min': only for numbers, durations and sizes, and this is a text\n"
            "attribute 'max': only for numbers, durations and sizes, and this is a text\n");
  descriptor::ValidatorDefinition pattern;
  pattern.pattern = text("(");
  EXPECT_THAT(error("string", pattern), ::testing::HasSubstr("attribute 'pattern' is no regular expression: "));
  pattern.pattern = text("a");
  EXPECT_EQ(error("bool", pattern), "attribute 'pattern': only for texts, and this is true or false\n");
}

}  // namespace
}  // namespace tenon::config
