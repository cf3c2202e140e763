#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "api/json_text.h"
#include "api/reserved.h"
#include "node_fixture.h"

namespace tenon::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

/// A node with the plugin `desk`, whose messages are commands.
class MessageCommands : public NodeTest {
 protected:
  MessageCommands() {
    std::filesystem::copy(TENON_DESK, folder_.path(),
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    std::filesystem::create_symlink(TENON_DESK_PLUGIN, folder_.path() / "plugins" / "desk.so");
  }
  /// `STATUS ERRORS` of a command that prints nothing else.
  std::string refused(std::vector<std::string> arguments) {
    const Outcome outcome = tenon(std::move(arguments));
    EXPECT_EQ(outcome.output, "");
    return std::to_string(outcome.status) + " " + outcome.errors;
  }
};

TEST_F(MessageCommands, send_a_message_with_a_field_an_option) {
  start();
  const Outcome outcome = tenon({"question", "ask", "--topic", "sea", "--text", "why", "--pages", "3", "--mood",
                                 "angry", "--tags", "a", "--tags", "b", "--loud", "--nested", R"({"depth": 2})"});
  EXPECT_EQ(outcome.output, "text  why stamp on sea\n") << outcome.errors;
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(tenon({"topic", "read", "--topic", "a b", "--page", "-3", "--tags", "x", "--tags", "y"}).output,
              MatchesRegex("text  a b read by .* from page -3 #x #y\n"));
}

TEST_F(MessageCommands, take_what_stands_in_the_path_as_a_word_too) {
  start();
  EXPECT_EQ(tenon({"question", "ask", "sea", "--text", "why"}).output, "text  why stamp on sea\n");
  EXPECT_EQ(tenon({"topic", "clear", "sea"}).output, "done\n");
}

TEST_F(MessageCommands, print_what_the_node_answers_as_json) {
  start();
  EXPECT_EQ(tenon({"--json", "question", "ask", "sea", "--text", "why"}).output, "{\"text\":\"why stamp on sea\"}\n");
  EXPECT_EQ(tenon({"topic", "clear", "sea", "--json"}).output, "");
}

TEST_F(MessageCommands, take_the_whole_message_as_json_which_options_override) {
  start();
  const std::string all = R"({"topic": "sea", "text": "why", "pages": 12})";
  EXPECT_EQ(tenon({"question", "ask", "--input", "-", "--pages", "2", "--text", "how"}, all).output,
            "text  how stamp on sea\n");
  EXPECT_EQ(tenon({"question", "ask", "--input", folder_.write("question.json", all), "--pages", "2"}).status, 0);
  EXPECT_EQ(refused({"question", "ask", "sea", "--input", folder_.write("odd.json", R"({"text": "x", "txet": 1})")}),
            "1 tenon: JSON.1004: unknown member: $.txet\n");
}

TEST_F(MessageCommands, take_texts_as_they_are) {
  start();
  for (const char* text : {"", "{}", "[a]", "-", "%%", "a,b", "@home"}) {
    EXPECT_EQ(tenon({"question", "ask", "sea", "--text", text}).output,
              "text  " + std::string(text) + " stamp on sea\n");
  }
}

TEST_F(MessageCommands, refuse_what_is_of_another_type_before_anything_is_sent) {
  start();
  const auto ask = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"question", "ask", "sea", "--text", "x"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return refused(arguments);
  };
  EXPECT_EQ(ask({"--pages", "many"}), "2 tenon: --pages: expected a whole number, found 'many'\n");
  EXPECT_EQ(ask({"--mood", "sad"}), "2 tenon: --mood: expected one of calm, angry, found 'sad'\n");
  EXPECT_EQ(ask({"--text", "y"}), "2 tenon: --text: expected it once, found 'y'\n");
  EXPECT_EQ(ask({"--nested", "{"}),
            "2 tenon: --nested: expected JSON, or @FILE with it: line 1, column 2: "
            "Missing a name for object member.\n");
  EXPECT_THAT(ask({"--loud=maybe"}), StartsWith("2 "));
  EXPECT_THAT(ask({"--colour", "blue"}), StartsWith("2 The following arguments were not expected: "));
  EXPECT_EQ(refused({"question", "ask"}), "2 tenon: 'question ask' needs --topic, --text\n");
}

TEST_F(MessageCommands, name_the_option_of_a_field_that_the_node_refuses) {
  start();
  const auto ask = [&](const std::string& option, const std::string& value) {
    return refused({"question", "ask", option == "--topic" ? "--json" : "sea", "--text", "x", option, value});
  };
  const std::string field = "1 tenon: MESSAGE.1010: a field is not as it should be: ";
  EXPECT_EQ(ask("--pages", "10"), field + "--pages: expected at most 9, found 10\n");
  EXPECT_EQ(ask("--topic", "s"), field + "--topic: expected at least 2 bytes, found 1\n");
  EXPECT_EQ(ask("--topic", "SEA"), field + "--topic: expected a text that matches [a-z]+, found 'SEA'\n");
  EXPECT_EQ(ask("--nested", R"({"depth": -1})"), field + "--nested ($.nested.depth): expected at least 0, found -1\n");
  EXPECT_EQ(ask("--pages", "70000"),
            "1 tenon: JSON.1002: number out of range: --pages: expected 0 to 65535, found 70000\n");
  EXPECT_EQ(refused({"topic", "read", "sea", "--page", "-10"}), field + "--page: expected at least -9, found -10\n");
}

TEST_F(MessageCommands, say_what_can_be_done_about_an_error) {
  start();
  EXPECT_EQ(refused({"topic", "clear", "all"}),
            "1 tenon: DESK.1001: that is too much\n  remedy: clear one topic after the other\n");
  EXPECT_EQ(refused({"question", "ask", "sea", "--text", "refuse stamp"}), "1 tenon: DESK.1003: refused by stamp\n");
}

TEST_F(MessageCommands, wait_for_the_run_that_answers) {
  start();
  EXPECT_THAT(tenon({"copy", "make", "--text", "map"}).output,
              MatchesRegex("run [0-9a-z]{13} of chain 'desk.copy' succeeded in .*s\n"));
  EXPECT_THAT(tenon({"copy", "make", "--text", "map", "--watch"}).output,
              ContainsRegex("1/1 desk\\.MakeCopy: done \\([<0-9.]+ ms\\)\nrun "));
  const Outcome outcome = tenon({"copy", "make", "--text", "secret"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, MatchesRegex("tenon: run [0-9a-z]{13} of chain 'desk.copy' failed: "
                                           "DESK.1002: not to be copied\n  in flow desk.MakeCopy .*\n"
                                           "  remedy: copy something else\n"));
  EXPECT_EQ(text_of(*json({"copy", "make", "--text", "map"}).find("data")->find("copy"), "text"), "copy of map");
}

TEST_F(MessageCommands, print_the_id_of_a_run_that_they_do_not_wait_for) {
  start();
  const std::string id = tenon({"copy", "make", "--text", "map", "--no-wait"}).output;
  ASSERT_THAT(id, MatchesRegex("[0-9a-z]{13}\n"));
  EXPECT_THAT(tenon({"run", "watch", id.substr(0, id.size() - 1)}).output, HasSubstr("'desk.copy' succeeded in "));
  EXPECT_EQ(text_of(json({"copy", "make", "--text", "map", "--no-wait"}), "chain"), "desk.copy");
  EXPECT_EQ(tenon({"copy", "make", "--text", "map", "--no-wait", "--watch"}).status, 2);
}

TEST_F(MessageCommands, have_a_help_of_their_own) {
  start();
  const Outcome outcome = tenon({"question", "ask", "--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.output, StartsWith("Ask a question about a topic\nUsage: tenon question ask "));
  for (const char* line : {"\n  --topic TEXT REQUIRED +What it is about; at least 2 bytes; matches \\[a-z\\]\\+\n",
                           "\n  --pages NUMBER +How long the answer may be; 0 to 9; default 1\n",
                           "\n  --mood calm\\|angry +How it is asked; default calm\n",
                           "\n  --tags TEXT\\.\\.\\. +Words to find it by; at most 2 elements; may be repeated\n",
                           "\n  --nested JSON +members: depth\n", "\n  --no-wait "}) {
    EXPECT_THAT(outcome.output, ContainsRegex(line));
  }
  EXPECT_THAT(tenon({"topic", "read", "--help"}).output, Not(HasSubstr("--no-wait"))) << "no run answers that";
}

TEST_F(MessageCommands, stand_in_the_help_of_tenon_while_the_node_answers) {
  EXPECT_THAT(tenon({"--help"}).output, HasSubstr("\nThe commands of a node's messages are not listed: cannot reach "));
  start();
  EXPECT_THAT(tenon({"--help"}).output,
              HasSubstr("\n  question ask  Ask a question about a topic\n  topic clear   Forget a topic\n"));
  EXPECT_EQ(tenon({"topic", "--help"}).output,
            "Commands of topic, each with --help:\n  topic clear  Forget a topic\n  topic read   Read about a topic\n");
}

TEST_F(MessageCommands, suggest_the_one_that_was_meant) {
  start();
  EXPECT_EQ(refused({"topic", "raed", "sea"}),
            "2 tenon: there is no command 'topic raed' (did you mean 'topic read'?)\n");
  EXPECT_EQ(refused({"tpic", "read"}), "2 tenon: there is no command 'tpic read' (did you mean 'topic read'?)\n");
  EXPECT_EQ(refused({"plugin", "lst"}), "2 tenon: there is no command 'plugin lst' (did you mean 'plugin list'?)\n");
  EXPECT_EQ(refused({"topic", "paint"}),
            "2 tenon: there is no command 'topic paint'; there are: topic clear, topic read\n");
  EXPECT_EQ(refused({"topic"}), "2 tenon: 'topic' alone is no command; there are: topic clear, topic read\n");
}

TEST_F(MessageCommands, can_be_known_from_the_node_alone) {
  const std::string away = "3 tenon: cannot reach the node at " + socket_.string() + ": No such file or directory\n";
  EXPECT_EQ(refused({"topic", "read"}), away + "  without it, there is no command 'topic'\n");
  EXPECT_EQ(refused({"statsu"}), away + "  without it, there is no command 'statsu' (did you mean 'status'?)\n");
  EXPECT_EQ(tenon({"plugin", "lst"}).status, 2) << "what tenon has itself needs no node";
  EXPECT_EQ(refused({"--complete-words", "topic"}), "0 ");
}

TEST_F(MessageCommands, can_not_have_the_words_of_tenon_itself) {
  const auto subcommands = [&](std::vector<std::string> words) {
    words.emplace_back("--help");
    std::istringstream help(tenon(std::move(words)).output);
    std::vector<std::string> names;
    std::string line;
    while (std::getline(help, line) && line != "Subcommands:") continue;
    while (std::getline(help, line) && line.starts_with("  ")) {
      if (line[2] != ' ') names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return names;
  };
  std::vector<std::string> own;
  for (const std::string& noun : subcommands({})) {
    const std::vector<std::string> verbs = subcommands({noun});
    if (verbs.empty() || noun == "run") own.push_back(noun);  // `run` takes any word
    if (noun == "run") continue;
    for (const std::string& verb : verbs) own.push_back(noun + " " + verb);
  }
  EXPECT_THAT(api::reserved_names().commands, ::testing::UnorderedElementsAreArray(own)) << "see api/reserved.cpp";
}

TEST_F(MessageCommands, are_completed) {
  start();
  EXPECT_EQ(tenon({"--complete-words", "topic"}).output, "clear\nread\n");
  EXPECT_EQ(tenon({"--complete-words", "question", "ask", "--mood"}).output, "calm\nangry\n");
  EXPECT_THAT(tenon({"--complete-words", "topic", "read"}).output, StartsWith("--topic\n--page\n"));
}

TEST_F(MessageCommands, are_completed_by_bash) {
  start();
  const auto completed = [&](const std::string& words) {
    Process bash(
        folder_.path(), "/bin/bash",
        {.arguments = {"-c", ". " TENON_COMPLETION "; COMP_WORDS=(tenon " + words +
                                 "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tenon; echo ${COMPREPLY[*]}"},
         .environment = {{"TENON_SOCKET", socket_},
                         {"PATH", std::filesystem::path(TENON_TENON).parent_path().string() + ":/usr/bin:/bin"}},
         .input = {}});
    EXPECT_EQ(bash.wait(), 0);
    EXPECT_EQ(bash.errors(), "");
    return bash.output();
  };
  EXPECT_EQ(completed("to"), "topic\n");
  EXPECT_EQ(completed("topic ''"), "clear read\n");
  EXPECT_EQ(completed("call ''"), "list ignore\n") << "a noun that tenon has itself";
  EXPECT_EQ(completed("question ask --mood ''"), "calm angry\n");
  EXPECT_EQ(completed("question ask --text why --p"), "--pages\n");
  EXPECT_EQ(completed("message s"), "show\n");
  EXPECT_EQ(completed("message show desk.R"), "desk.Read\n");
  EXPECT_EQ(completed("error show ''"), "DESK.1001 DESK.1002\n");
}

TEST_F(MessageCommands, can_share_a_noun_with_commands_of_tenon) {
  start();
  Process ignored = start_tenon({"call", "ignore"});
  ASSERT_TRUE(eventually([&] { return json({"call", "list"}).as_array()->size() == 1; }));
  EXPECT_THAT(tenon({"call", "list"}).output, ContainsRegex("\ndesk\\.Ignore +.*Desk"));
  ignored.signal(SIGKILL);
  ignored.wait();
}

TEST_F(MessageCommands, are_listed_and_shown) {
  start();
  EXPECT_THAT(tenon({"message", "list"}).output,
              HasSubstr("\ndesk.Read      topic read    GET /v1/topics/{topic}             Desk     reader\n"));
  const std::string shown = tenon({"message", "show", "desk.Question"}).output;
  EXPECT_THAT(shown, ContainsRegex("\npages +NUMBER +no +0 to 9; default 1 +How long the answer may be\n"));
  EXPECT_THAT(shown, ContainsRegex("\n1  Stamp  DEFAULT +0 +message  .*services/desk.xml:14:5\n"));
  EXPECT_THAT(tenon({"message", "show", "desk.Copy"}).output,
              HasSubstr("answered by  a run of chain desk.copy\ninputs       text = field text\n"));
  EXPECT_EQ(refused({"message", "show", "desk.Copi"}),
            "1 tenon: there is no message 'desk.Copi' (did you mean 'desk.Copy'?)\n");
}

TEST_F(MessageCommands, have_errors_that_are_explained) {
  start();
  EXPECT_EQ(tenon({"error", "list"}).output,
            "CODE       STATUS  DESCRIPTION               REMEDY\n"
            "DESK.1001  409     That is too much at once  clear one topic after the other\n"
            "DESK.1002  -       not to be copied          copy something else\n");
  EXPECT_THAT(
      tenon({"error", "show", "DESK.1001"}).output,
      MatchesRegex("error        DESK.1001\ndescription  That is too much at once\n"
                   "remedy       clear one topic after the other\nHTTP status  409\nplace        .*desk.xml:3:3\n"));
}

/// What differs from one time to the next.
std::string masked(std::string text) {
  text = std::regex_replace(text, std::regex("run [0-9a-z]{13}"), "run ID");
  text = std::regex_replace(text, std::regex("[<0-9.]+ m?s\\b"), "TIME");
  return std::regex_replace(text, std::regex("\\(?(/|…)[^ )]*/desk.xml"), "desk.xml");
}

TEST_F(MessageCommands, print_what_their_page_shows) {
  start();
  std::istringstream page(read_file(TENON_COMMANDS_PAGE));
  std::string command;
  std::string expected;
  int checked = 0;
  const auto check = [&] {
    if (command.empty()) return;
    Process shell(
        folder_.path(), "/bin/sh",
        {.arguments = {"-c", command + " 2>&1"},
         .environment = {{"TENON_SOCKET", socket_},
                         {"LC_ALL", "C.UTF-8"},
                         {"PATH", std::filesystem::path(TENON_TENON).parent_path().string() + ":/usr/bin:/bin"}},
         .input = {}});
    shell.wait();
    EXPECT_EQ(masked(shell.output()), masked(expected)) << command;
    ++checked;
    command.clear();
    expected.clear();
  };
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      check();
    } else if (line.starts_with("$ tenon ")) {
      check();
      command = line.substr(2);
    } else if (!command.empty()) {
      expected += line + "\n";
    }
  }
  EXPECT_GE(checked, 8);
}

}  // namespace
}  // namespace tenon::test
