#include <gmock/gmock.h>

#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::IsEmpty;

TEST(TagReader, reads_patterns_with_their_tokens) {
  const Reading reading = read(R"(<tags>
  <tag resource="Wall" pattern="paint::color::{color}" unique="yes" inherent="yes">
    <description>What  it is painted with</description>
    <token name="color" type="string" pattern="[a-z]+"/>
  </tag>
  <tag resource="Room" pattern="layers::{count}"><token name="count" type="integer"/></tag>
</tags>)");
  EXPECT_THAT(reading.messages, IsEmpty());
  ASSERT_EQ(reading.descriptor.tags.size(), 2U);
  const TagDefinition& paint = reading.descriptor.tags[0];
  EXPECT_EQ(paint.resource.text, "Wall");
  EXPECT_EQ(paint.pattern.text, "paint::color::{color}");
  EXPECT_EQ(paint.description, "What it is painted with");
  EXPECT_TRUE(paint.unique);
  EXPECT_TRUE(paint.inherent);
  EXPECT_EQ(paint.tokens.at(0).name.text, "color");
  EXPECT_EQ(paint.tokens.at(0).type->text, "string");
  EXPECT_EQ(paint.tokens.at(0).pattern->text, "[a-z]+");
  EXPECT_FALSE(reading.descriptor.tags[1].unique);
  EXPECT_FALSE(reading.descriptor.tags[1].inherent);
}

TEST(TagReader, refuses_what_is_missing_or_wrong) {
  expect_each_refused({
      {"<tags><tag resource='Wall'/></tags>", "f.xml:1:7: error: <tag> needs the attribute 'pattern'"},
      {"<tags><tag resource='Wall' pattern='a' unique='true'/></tags>",
       "f.xml:1:40: error: attribute 'unique' of <tag>: expected no or yes, found 'true'"},
      {"<tags><tag resource='Wall' pattern='a::{b}'><token name='b'/><token name='b'/></tag></tags>",
       "f.xml:1:69: error: token 'b' was given before at f.xml:1:52"},
  });
}

}  // namespace
}  // namespace tenon::descriptor
