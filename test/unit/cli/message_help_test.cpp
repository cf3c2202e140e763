#include "message_help.h"

#include <gmock/gmock.h>

#include "api/json_text.h"
#include "given_words.h"
#include "nearest.h"

namespace tenon::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<MessageCommand> commands() {
  return read_commands(api::parse_json(R"({"paths": {
    "/v1/walls": {
      "get": {"operationId": "paint.ListWalls", "summary": "List the walls", "x-tenon-command": "wall list"},
      "post": {"operationId": "paint.PaintWall", "x-tenon-command": "wall paint", "requestBody": {"content":
        {"application/json": {"schema": {"properties": {
          "color": {"type": "string", "enum": ["blue", "red"]}, "dry": {"type": "boolean"},
          "tags": {"type": "array", "items": {"type": "string"}}}}}}}}},
    "/v1/roofs": {"get": {"operationId": "paint.ShowRoof", "x-tenon-command": "roof show"}}}})")
                           .value());
}

std::string unknown(const std::vector<std::string>& words) {
  return unknown_command(words, commands(), {"status", "plugin list"});
}

TEST(CommandsText, says_what_each_does) {
  EXPECT_EQ(commands_text(commands()), "  roof show\n  wall list   List the walls\n  wall paint\n");
}

TEST(Nearest, forgives_a_letter_in_three) {
  EXPECT_EQ(nearest("wal list", {"roof", "wall list"}), "wall list");
  EXPECT_EQ(nearest("lsit", {"list"}), "list") << "letters that changed places count once";
  EXPECT_EQ(nearest("ab", {"cd"}), "");
  EXPECT_EQ(nearest("", {"cd"}), "");
}

TEST(UnknownCommand, suggests_the_nearest_of_all) {
  EXPECT_EQ(unknown({"wall", "pait"}), "there is no command 'wall pait' (did you mean 'wall paint'?)");
  EXPECT_EQ(unknown({"plugn", "list"}), "there is no command 'plugn list' (did you mean 'plugin list'?)");
  EXPECT_EQ(unknown({"statsu", "--x"}), "there is no command 'statsu' (did you mean 'status'?)");
  EXPECT_EQ(unknown({"roofs"}), "there is no command 'roofs' (did you mean 'roof'?)");
}

TEST(UnknownCommand, names_what_a_noun_has) {
  EXPECT_EQ(unknown({"wall", "destroy"}), "there is no command 'wall destroy'; there are: wall list, wall paint");
  EXPECT_EQ(unknown({"bathroom", "destroy"}), "there is no command 'bathroom'");
}

TEST(Completions, are_the_words_of_commands) {
  EXPECT_THAT(completions(commands(), {}), ElementsAre("roof", "wall"));
  EXPECT_THAT(completions(commands(), {"wall"}), ElementsAre("list", "paint"));
  EXPECT_THAT(completions(commands(), {"--json", "--socket", "wall", "roof"}), ElementsAre("show"));
  EXPECT_THAT(completions(commands(), {"bathroom"}), IsEmpty());
}

TEST(Completions, are_options_that_may_still_be_given) {
  EXPECT_THAT(completions(commands(), {"wall", "paint", "--dry", "--tags", "x"}),
              ElementsAre("--color", "--tags", "--input", "--json", "--socket", "--help", "--watch", "--no-wait"));
  EXPECT_THAT(completions(commands(), {"wall", "list"}), Not(Contains("--watch"))) << "no run answers that";
}

TEST(Completions, are_the_texts_that_an_option_may_have) {
  EXPECT_THAT(completions(commands(), {"wall", "paint", "--color"}), ElementsAre("blue", "red"));
  EXPECT_THAT(completions(commands(), {"wall", "paint", "--tags"}), IsEmpty());
  EXPECT_THAT(completions(commands(), {"wall", "paint", "--color=blue"}), Contains("--dry"));
  EXPECT_THAT(completions(commands(), {"wall", "paint", "--dry"}), Contains("--color"));
}

TEST(ReadWords, finds_the_command_among_the_options_that_all_have) {
  const GivenWords given = read_words({"--json", "wall", "--socket", "a b", "paint", "--color", "blue"});
  EXPECT_THAT(given.words, ElementsAre("wall", "paint"));
  EXPECT_THAT(given.places, ElementsAre(1U, 4U));
  EXPECT_EQ(given.socket, "a b");
  EXPECT_FALSE(given.help);
  EXPECT_TRUE(read_words({"--socket=x", "-h"}).help);
  EXPECT_EQ(read_words({"--socket=x"}).socket, "x");
}

}  // namespace
}  // namespace tenon::cli
