#include "config/tag_pattern.h"

#include "unit/config/config_fixture.h"

namespace tenon::config {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

descriptor::TagDefinition tag(const std::string& pattern) {
  descriptor::TagDefinition definition;
  definition.resource = text("Wall");
  definition.pattern = text(pattern);
  return definition;
}
TagSpec read(const descriptor::TagDefinition& definition) {
  descriptor::Diagnostics diagnostics;
  return read_tag_spec(definition, diagnostics).value();
}
std::string error(const descriptor::TagDefinition& definition) {
  descriptor::Diagnostics diagnostics;
  EXPECT_FALSE(read_tag_spec(definition, diagnostics));
  return diagnostics.sorted().empty() ? std::string() : diagnostics.sorted()[0].message;
}

TEST(TagPattern, takes_exactly_one_part_for_a_token) {
  const TagSpec spec = read(tag("paint::{color}::on::{wall}"));
  EXPECT_TRUE(spec.has_form("paint::blue::on::north"));
  EXPECT_FALSE(spec.has_form("paint::blue::on::north::on::south"));
  EXPECT_FALSE(spec.has_form("paint::dark::blue::on::north"));
  EXPECT_FALSE(spec.has_form("paint::blue::on"));
  EXPECT_FALSE(spec.has_form("paint:blue:on:north"));
  EXPECT_THAT(*spec.read("paint::blue::on::north"), ElementsAre(Pair("color", "blue"), Pair("wall", "north")));
  EXPECT_EQ(spec.read("paint::::on::north").error().code, "TAG.1002");
}

TEST(TagPattern, checks_what_stands_in_tokens) {
  descriptor::TagDefinition definition = tag("layers::{count}::{name}");
  definition.tokens = {{{}, text("count"), text("integer"), {}}, {{}, text("name"), {}, text("[a-z]+")}};
  const TagSpec spec = read(definition);
  EXPECT_TRUE(spec.read("layers::3::base"));
  EXPECT_EQ(spec.read("layers::three::base").error().details,
            "{count} of layers::{count}::{name}: expected an integer, found 'three'");
  EXPECT_EQ(spec.read("layers::3::BASE").error().code, "TAG.1002");
}

TEST(TagPattern, refuses_patterns_that_are_none) {
  EXPECT_EQ(error(tag("paint::v{color}")),
            "pattern 'paint::v{color}': the part 'v{color}' is neither a word nor one {token}: '::' stands between "
            "parts");
  EXPECT_EQ(error(tag("paint::")),
            "pattern 'paint::': the part '' is neither a word nor one {token}: '::' stands between parts");
  EXPECT_EQ(error(tag("{a}::{b}")), "pattern '{a}::{b}': a pattern needs a word, or it would fit any tag");
  EXPECT_EQ(error(tag("p::{a}::{a}")), "pattern 'p::{a}::{a}': the token 'a' stands there twice");
  descriptor::TagDefinition definition = tag("paint::{color}");
  definition.tokens = {{{}, text("colour"), {}, {}}};
  EXPECT_EQ(error(definition), "pattern 'paint::{color}' has no token 'colour' (did you mean 'color'?)");
}

TEST(TagPattern, that_says_more_is_the_one_that_is_meant) {
  const std::vector<TagSpec> specs{read(tag("{what}::blue")), read(tag("paint::{color}")), read(tag("paint::blue"))};
  EXPECT_EQ(find_tag_spec(specs, "Wall", "paint::blue")->pattern, "paint::blue");
  EXPECT_EQ(find_tag_spec(specs, "Wall", "paint::red")->pattern, "paint::{color}");
  EXPECT_EQ(find_tag_spec(specs, "Wall", "sky::blue")->pattern, "{what}::blue");
  EXPECT_EQ(find_tag_spec(specs, "Room", "paint::blue"), nullptr);
}

}  // namespace
}  // namespace tenon::config
