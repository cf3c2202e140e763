#include "message_commands.h"

#include <gmock/gmock.h>

#include "api/json_text.h"
#include "failure.h"

namespace tenon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kDocument = R"({"paths": {
  "/v1/status": {"get": {"operationId": "getStatus"}},
  "/v1/walls/{wall}": {
    "get": {"operationId": "paint.GetWall", "summary": "Show a wall", "x-tenon-command": "wall show",
      "parameters": [
        {"name": "wall", "in": "path", "required": true, "x-tenon-field": "name", "schema": {"type": "string"}},
        {"name": "coats", "in": "query", "required": false, "schema": {"type": "integer"}},
        {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}]},
    "put": {"operationId": "paint.PaintWall", "x-tenon-command": "wall paint", "x-tenon-run": "paint.wall",
      "x-tenon-timeout-ms": 500,
      "parameters": [{"name": "wall", "in": "path", "required": true, "schema": {"type": "string"}}],
      "requestBody": {"content": {"application/json": {"schema": {"type": "object",
        "properties": {"color": {"type": "string", "description": "Its color"}, "dry": {"type": "boolean"}},
        "required": ["color"]}}}}}},
  "/v1/again": {"post": {"operationId": "paint.Again", "x-tenon-command": "wall paint"}},
  "/v1/walls": {"post": {"operationId": "paint.Wall", "x-tenon-command": "wall"}}
}})";

std::vector<MessageCommand> commands() { return read_commands(api::parse_json(kDocument).value()); }

std::string sent(const std::vector<std::string>& words, std::string_view message) {
  const auto all = commands();
  const MessageRequest request = make_request(*find_command(all, words), api::parse_json(message).value());
  return request.method + " " + request.target + (request.body ? " " + api::print_json(*request.body) : "");
}

std::string refused(const std::vector<std::string>& words, std::string_view message) {
  try {
    return "sent: " + sent(words, message);
  } catch (const Failure& e) {
    EXPECT_EQ(e.status(), ExitStatus::kUsage);
    return e.what();
  }
}

TEST(ReadCommands, finds_the_messages_that_have_words) {
  std::vector<std::string> names;
  for (const MessageCommand& command : commands()) names.push_back(command.name() + ": " + command.message);
  EXPECT_THAT(names, ElementsAre("wall: paint.Wall", "wall paint: paint.PaintWall", "wall show: paint.GetWall"));
}

TEST(ReadCommands, reads_the_fields_of_path_and_body) {
  const auto all = commands();
  const MessageCommand& paint = *find_command(all, {"wall", "paint"});
  EXPECT_EQ(paint.run, "paint.wall");
  EXPECT_EQ(paint.timeout, std::chrono::milliseconds(500));
  ASSERT_EQ(paint.fields.size(), 3U);
  EXPECT_EQ(paint.fields[0].in, MessageField::In::kPath);
  EXPECT_EQ(paint.fields[1].option, "--color");
  EXPECT_EQ(paint.fields[1].description, "Its color");
  EXPECT_TRUE(paint.fields[1].required);
  EXPECT_FALSE(paint.fields[2].required);
}

TEST(ReadCommands, makes_nothing_of_what_is_no_description) {
  EXPECT_THAT(read_commands(Json()), IsEmpty());
  EXPECT_THAT(read_commands(api::parse_json(R"({"paths":{"/a":7}})").value()), IsEmpty());
}

TEST(FindCommand, finds_the_longest_that_the_words_begin_with) {
  const auto all = commands();
  EXPECT_EQ(find_command(all, {"wall", "show", "north"})->message, "paint.GetWall");
  EXPECT_EQ(find_command(all, {"wall", "north"})->message, "paint.Wall");
  EXPECT_EQ(find_command(all, {"roof"}), nullptr);
  EXPECT_EQ(find_command(all, {}), nullptr);
}

TEST(MakeRequest, puts_fields_where_the_message_has_them) {
  EXPECT_EQ(sent({"wall", "paint"}, R"({"wall":"a b","color":"blue","dry":true})"),
            R"(PUT /v1/walls/a%20b {"color":"blue","dry":true})");
  EXPECT_EQ(sent({"wall", "show"}, R"({"name":"north","coats":2,"tags":["x","y&z"]})"),
            "GET /v1/walls/north?coats=2&tags=x&tags=y%26z");
  EXPECT_EQ(sent({"wall"}, "{}"), "POST /v1/walls {}");
}

TEST(MakeRequest, leaves_it_to_the_node_to_refuse_what_it_does_not_know) {
  EXPECT_EQ(sent({"wall", "paint"}, R"({"wall":"n","color":1,"x":2})"), R"(PUT /v1/walls/n {"color":1,"x":2})");
}

TEST(MakeRequest, names_the_options_that_are_missing) {
  EXPECT_EQ(refused({"wall", "paint"}, R"({"dry":true})"), "'wall paint' needs --wall, --color");
  EXPECT_EQ(refused({"wall", "show"}, R"({"name":null})"), "'wall show' needs --name");
}

}  // namespace
}  // namespace tenon::cli
