#include "json_framer.h"
#include "json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using ovs::JsonFramer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> all(JsonFramer& framer) {
  std::vector<std::string> objects;
  for (;;) {
    auto next = framer.next().value();
    if (!next) return objects;
    objects.push_back(*next);
  }
}

TEST(JsonFramer, cuts_several_objects_out_of_one_read) {
  JsonFramer framer;
  framer.add(R"({"a":1}{"b":{"c":[{}]}})"
             "\n {}");
  EXPECT_THAT(all(framer), ElementsAre(R"({"a":1})", R"({"b":{"c":[{}]}})", "{}"));
  EXPECT_THAT(all(framer), IsEmpty());
}

TEST(JsonFramer, puts_an_object_together_wherever_it_was_cut) {
  const std::string object = R"({"a":"}{\"]\\","b":[1,{"c":"é"}]})";
  for (std::size_t cut = 1; cut < object.size(); ++cut) {
    JsonFramer framer;
    framer.add(object.substr(0, cut));
    EXPECT_THAT(all(framer), IsEmpty()) << cut;
    framer.add(object.substr(cut) + "{}");
    EXPECT_THAT(all(framer), ElementsAre(object, "{}")) << cut;
  }
}

TEST(JsonFramer, does_not_take_brackets_in_texts_for_brackets) {
  JsonFramer framer;
  framer.add(R"({"a":"{[\"}","b\\":"]"}{})");
  EXPECT_THAT(all(framer), ElementsAre(R"({"a":"{[\"}","b\\":"]"})", "{}"));
}

TEST(JsonFramer, refuses_what_is_no_object) {
  for (const char* garbage : {"HTTP/1.1 400 Bad Request", "[1]", "}", "\x16\x03\x01"}) {
    JsonFramer framer;
    framer.add(std::string("  ") + garbage);
    auto next = framer.next();
    ASSERT_FALSE(next.ok()) << garbage;
    EXPECT_EQ(next.error().code, "OVS.1004");
  }
}

TEST(JsonFramer, shows_the_beginning_of_garbage_without_control_characters) {
  JsonFramer framer;
  framer.add("\x1b[31mhello");
  EXPECT_THAT(framer.next().error().details, HasSubstr("'?[31mhello'"));
}

TEST(JsonFramer, refuses_an_object_that_is_too_big) {
  JsonFramer framer(100);
  framer.add(R"({"a":")" + std::string(99, 'x'));
  EXPECT_EQ(framer.next().error().code, "OVS.1004");
}

TEST(JsonFramer, takes_any_number_of_objects_that_are_not_too_big) {
  JsonFramer framer(100);
  std::string many;
  for (int i = 0; i < 100; ++i) many += R"({"a":1})";
  framer.add(many);
  EXPECT_EQ(all(framer).size(), 100u);
}

TEST(JsonFramer, refuses_what_is_nested_too_deep) {
  JsonFramer framer;
  framer.add("{\"a\":" + std::string(100000, '['));
  EXPECT_EQ(framer.next().error().code, "OVS.1004");
}

TEST(JsonText, reads_what_it_writes) {
  const std::string text =
      R"({"null":null,"yes":true,"int":-9007199254740993,"big":18446744073709551615,"real":0.5,"text":"a\"\u0001é","list":[1,[],{}]})";
  EXPECT_EQ(ovs::json_text(ovs::parse_json(text).value()), text);
}

TEST(JsonText, says_where_the_text_is_wrong) {
  auto parsed = ovs::parse_json(R"({"a":1,})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, "OVS.1004");
  EXPECT_THAT(parsed.error().details, HasSubstr("at byte 7"));
}

TEST(JsonText, refuses_what_follows_the_value) { EXPECT_FALSE(ovs::parse_json("{} x").ok()); }

TEST(JsonText, refuses_texts_that_are_no_utf8) { EXPECT_FALSE(ovs::parse_json("{\"a\":\"\xff\"}").ok()); }

}  // namespace
