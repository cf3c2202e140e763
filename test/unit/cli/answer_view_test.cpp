#include "answer_view.h"

#include <gmock/gmock.h>

#include "api/json_text.h"

namespace tenon::cli {
namespace {

std::string shown(std::string_view text) { return answer_text(api::parse_json(text).value(), Terminal{}); }

TEST(AnswerText, of_an_object_is_names_and_values) {
  EXPECT_EQ(shown(R"({"name":"north","coat_count":2,"tags":["a","b"],"owner":null,"dry":false,"size":{"m":3}})"),
            "name        north\ncoat count  2\ntags        a, b\ndry         false\nsize        {\"m\":3}\n");
}

TEST(AnswerText, of_a_list_of_objects_is_a_table_with_all_their_members) {
  EXPECT_EQ(shown(R"([{"name":"north","coats":2},{"name":"south","dried_by":"sun"}])"),
            "NAME   COATS  DRIED BY\nnorth  2      -\nsouth  -      sun\n");
  EXPECT_EQ(shown("[]"), "");
}

TEST(AnswerText, of_a_list_within_an_object_is_a_table_below) {
  EXPECT_EQ(shown(R"({"name":"north","open_cans":[{"color":"blue"}],"brushes":[]})"),
            "name  north\n\nopen cans\nCOLOR\nblue\n");
}

TEST(AnswerText, of_a_page_is_its_table_and_what_brings_the_next) {
  EXPECT_EQ(shown(R"({"items":[{"name":"north"}]})"), "NAME\nnorth\n");
  EXPECT_EQ(shown(R"({"items":[{"name":"north"}],"next":"a7"})"), "NAME\nnorth\nmore: --cursor a7\n");
  EXPECT_EQ(shown(R"({"items":[]})"), "none\n");
  EXPECT_EQ(shown(R"({"items":[{"name":"north"}],"size":3})"), "size  3\n\nitems\nNAME\nnorth\n");
}

TEST(AnswerText, of_anything_else_is_a_line) {
  EXPECT_EQ(shown("7"), "7\n");
  EXPECT_EQ(shown(R"(["a",2,[3]])"), "a\n2\n3\n");
}

TEST(AnswerText, does_not_steer_the_terminal) {
  EXPECT_EQ(shown("\"a\\u001b[2Jb\"").find('\x1b'), std::string::npos);
  EXPECT_EQ(shown("[{\"n\":\"a\\u001b[2Jb\"}]").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tenon::cli
