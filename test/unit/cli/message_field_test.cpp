#include "message_field.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "api/json_text.h"
#include "failure.h"
#include "support/temp_folder.h"

namespace tenon::cli {
namespace {

Json schema(std::string_view text) { return api::parse_json(text).value(); }

MessageField field(const std::string& name, std::string_view schema_text) {
  MessageField field;
  field.name = name;
  field.option = option_of(name);
  field.schema = schema(schema_text);
  return field;
}

std::string value(std::string_view schema_text, const std::vector<std::string>& texts) {
  return api::print_json(value_of(field("wall", schema_text), texts));
}

std::string refused(std::string_view schema_text, const std::vector<std::string>& texts) {
  try {
    return "taken: " + value(schema_text, texts);
  } catch (const Failure& e) {
    EXPECT_EQ(e.status(), ExitStatus::kUsage);
    return e.what();
  }
}

constexpr const char* kText = R"({"type":"string"})";
constexpr const char* kWhole = R"({"type":"integer"})";
constexpr const char* kTexts = R"({"type":"array","items":{"type":"string"}})";
constexpr const char* kObject = R"({"type":"object","properties":{"size":{"type":"integer"}}})";

TEST(OptionOf, is_the_name_of_the_field_with_hyphens) {
  EXPECT_EQ(option_of("color"), "--color");
  EXPECT_EQ(option_of("fail_mode"), "--fail-mode");
  EXPECT_EQ(option_of("_x"), "--x");
}

TEST(OptionOf, does_not_take_an_option_that_every_command_has) {
  EXPECT_EQ(option_of("json"), "--field-json");
  EXPECT_EQ(option_of("no_wait"), "--field-no-wait");
}

TEST(TypeText, says_what_stands_after_the_option) {
  EXPECT_EQ(type_text(schema(kText)), "TEXT");
  EXPECT_EQ(type_text(schema(kWhole)), "NUMBER");
  EXPECT_EQ(type_text(schema(R"({"type":"string","enum":["calm","angry"]})")), "calm|angry");
  EXPECT_EQ(type_text(schema(R"({"type":"boolean"})")), "");
  EXPECT_EQ(type_text(schema(kTexts)), "TEXT...");
  EXPECT_EQ(type_text(schema(R"({"type":"array","items":{"type":"boolean"}})")), "true|false...");
  EXPECT_EQ(type_text(schema(kObject)), "JSON");
  EXPECT_EQ(type_text(schema("{}")), "JSON");
}

TEST(RulesText, tells_range_length_pattern_and_default) {
  EXPECT_EQ(rules_text(schema(R"({"type":"integer","minimum":0,"maximum":9,"default":1})")), "0 to 9; default 1");
  EXPECT_EQ(rules_text(schema(R"({"type":"string","minLength":2,"pattern":"^(?:a+)$","default":"blue"})")),
            "at least 2 bytes; matches a+; default blue");
  EXPECT_EQ(rules_text(schema(R"({"type":"array","maxItems":3})")), "at most 3 elements; may be repeated");
  EXPECT_EQ(rules_text(schema(kObject)), "members: size");
  EXPECT_EQ(rules_text(schema(R"({"type":"string","default":""})")), "default \"\"");
}

TEST(RulesText, does_not_tell_the_bounds_of_whole_numbers_of_32_and_64_bits) {
  EXPECT_EQ(rules_text(schema(R"({"minimum":-9223372036854775808,"maximum":9223372036854775807})")), "");
  EXPECT_EQ(rules_text(schema(R"({"minimum":0,"maximum":18446744073709551615})")), "at least 0");
  EXPECT_EQ(rules_text(schema(R"({"minimum":-2147483648,"maximum":5})")), "at most 5");
}

TEST(ValueOf, is_of_the_type_that_the_schema_says) {
  EXPECT_EQ(value(kText, {"7"}), R"("7")");
  EXPECT_EQ(value(kText, {"{}"}), R"("{}")");
  EXPECT_EQ(value(kWhole, {"-7"}), "-7");
  EXPECT_EQ(value(kWhole, {"18446744073709551615"}), "18446744073709551615");
  EXPECT_EQ(value(R"({"type":"number"})", {"0.5"}), "0.5");
  EXPECT_EQ(value(kTexts, {"a", "b,c"}), R"(["a","b,c"])");
  EXPECT_EQ(value(R"({"type":"array","items":{"type":"integer"}})", {"1"}), "[1]");
  EXPECT_EQ(value(kObject, {R"({"size": 1})"}), R"({"size":1})");
}

TEST(ValueOf, reads_JSON_from_a_file) {
  const test::TempFolder folder;
  EXPECT_EQ(value(kObject, {"@" + folder.write("wall.json", R"({"size": 2})").string()}), R"({"size":2})");
  EXPECT_THROW(value(kObject, {"@/no/such"}), Failure);
}

TEST(ValueOf, names_the_option_of_what_it_refuses) {
  EXPECT_EQ(refused(kWhole, {"x"}), "--wall: expected a whole number, found 'x'");
  EXPECT_EQ(refused(kWhole, {"1.5"}), "--wall: expected a whole number, found '1.5'");
  EXPECT_EQ(refused(R"({"type":"number"})", {""}), "--wall: expected a number, found ''");
  EXPECT_EQ(refused(R"({"type":"array","items":{"type":"boolean"}})", {"yes"}),
            "--wall: expected true or false, found 'yes'");
  EXPECT_EQ(refused(R"({"type":"string","enum":["a","b"]})", {"c"}), "--wall: expected one of a, b, found 'c'");
  EXPECT_EQ(refused(R"({"type":"string","enum":["a"]})", {"c"}), "--wall: expected a, found 'c'");
  EXPECT_EQ(refused(kText, {"a", "b"}), "--wall: expected it once, found 'b'");
  EXPECT_EQ(refused(kObject, {"{"}),
            "--wall: expected JSON, or @FILE with it: line 1, column 2: Missing a name for object member.");
}

TEST(WithOptions, names_the_option_of_a_field_that_the_node_names_by_its_path) {
  const std::vector<MessageField> fields{field("page", kWhole), field("pages", kWhole), field("can_size", kObject)};
  EXPECT_EQ(with_options("X.1: wrong: $.pages: expected 1", fields), "X.1: wrong: --pages: expected 1");
  EXPECT_EQ(with_options("wrong: $.can_size.depth[2].x: no", fields), "wrong: --can-size ($.can_size.depth[2].x): no");
  EXPECT_EQ(with_options("missing: $.can_size", fields), "missing: --can-size");
  EXPECT_EQ(with_options("wrong: $.other", fields), "wrong: $.other");
}

}  // namespace
}  // namespace tenon::cli
