#include "inspect_messages.h"

#include <gmock/gmock.h>

#include "api/json_text.h"

namespace tenon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Json parsed(std::string_view text) { return api::parse_json(text).value(); }

constexpr const char* kPaint = R"({"name":"paint.PaintWall","description":"Paint a wall","service":"Painter",
  "plugin":"paint","command":"wall paint","role":"operator","timeout_ms":0,
  "route":{"method":"POST","path":"/v1/walls"},
  "run":{"chain":"wall.paint","inputs":[{"key":"wall","field":"name"},{"key":"order"},
    {"key":"coat","as":"paint.Coat"}],"reply":"wall"},
  "queue":{"key":"wall:{name}","parallelism":2},
  "interceptors":[{"bean":"Foreman","position":"FRONT","order":7,"from":"service","place":"p.xml:3:5"}],
  "schema":{"type":"object","properties":{
    "name":{"type":"string","minLength":2,"description":"Which one"},
    "coats":{"type":"array","items":{"type":"object","properties":{"color":{"type":"string"}}}}},
    "required":["name"]},
  "reply":{"type":"object","properties":{}},
  "place":"p.xml:1:1"})";

TEST(MessageText, tells_all_that_the_descriptors_say) {
  EXPECT_EQ(message_text(parsed(kPaint), Terminal{}),
            "message      paint.PaintWall\n"
            "description  Paint a wall\n"
            "command      wall paint\n"
            "route        POST /v1/walls\n"
            "role         operator\n"
            "plugin       paint\n"
            "service      Painter\n"
            "answered by  a run of chain wall.paint\n"
            "inputs       wall = field name, order = the message, coat = the message as paint.Coat\n"
            "reply        wall\n"
            "queue        wall:{name}, 2 at a time\n"
            "place        p.xml:1:1\n"
            "\nFields\n"
            "FIELD          TYPE     REQUIRED  RULES             DESCRIPTION\n"
            "name           TEXT     yes       at least 2 bytes  Which one\n"
            "coats          JSON...  no        may be repeated   -\n"
            "coats[].color  TEXT     no        -                 -\n"
            "\nInterceptors, in the order in which they are asked\n"
            "#  BEAN     POSITION  ORDER  FROM     PLACE\n"
            "1  Foreman  FRONT     7      service  p.xml:3:5\n");
}

TEST(MessageText, of_one_that_its_service_answers_has_a_timeout_and_no_inputs) {
  const std::string text = message_text(
      parsed(R"({"name":"paint.Wait","command":"wait","service":"Painter","timeout_ms":30000})"), Terminal{});
  EXPECT_THAT(text, HasSubstr("answered by  its service\n"));
  EXPECT_THAT(text, HasSubstr("timeout      30 s\n"));
  EXPECT_THAT(text, Not(HasSubstr("command"))) << "it has no route by which the command line could reach it";
}

TEST(CallRow, says_what_a_call_waits_for) {
  EXPECT_THAT(call_row(parsed(R"({"message":"paint.PaintWall","handler":"Painter","caller":"ann","age_ms":3200,
      "waits_for":"wall:north","behind":["paint.PaintWall of bob"]})")),
              ElementsAre("paint.PaintWall", "Painter", "ann", "3.2 s", "wall:north", "paint.PaintWall of bob"));
}

}  // namespace
}  // namespace tenon::cli
