#include <gmock/gmock.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "api/json_text.h"
#include "node_fixture.h"

namespace tenon::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

using CommandLine = NodeTest;
using CommandLineCheck = NodeTest;

/// What a program writes to a terminal of 80 columns and 24 lines, and its exit status.
Outcome on_terminal(const std::vector<std::string>& arguments, const std::filesystem::path& socket,
                    const char* no_color = "") {
  const winsize size{24, 80, 0, 0};
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::setenv("NO_COLOR", no_color, 1);
    ::setenv("TENON_SOCKET", socket.c_str(), 1);
    std::vector<char*> argv{const_cast<char*>(TENON_TENON)};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  std::string output;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = ::read(terminal, buffer.data(), buffer.size())) > 0;) {
    output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WEXITSTATUS(status), output, {}};
}

TEST_F(CommandLine, shows_the_status) {
  start();
  const Outcome outcome = tenon({"status"});
  EXPECT_THAT(outcome.output, ContainsRegex("state +running\n"));
  EXPECT_THAT(outcome.output, ContainsRegex("process +" + std::to_string(node_->pid()) + "\n"));
  EXPECT_THAT(outcome.output, ContainsRegex("plugins +1\n"));
  const Json status = json({"status"});
  EXPECT_EQ(*status.find("beans"), Json(2));
  EXPECT_EQ(*status.find("chains"), Json(3));
}

TEST_F(CommandLine, lists_and_shows_plugins) {
  start();
  EXPECT_THAT(tenon({"plugin", "list"}).output, ContainsRegex("\ngate +1\\.0\\.0 +active +1 "));
  const std::string shown = tenon({"plugin", "show", "gate"}).output;
  EXPECT_THAT(shown, ContainsRegex("gate\\.Wait +flow +- +yes\n"));
  EXPECT_THAT(shown, ContainsRegex("gate\\.Bell +file +a text +yes +where it is heard\n"));
  EXPECT_THAT(shown, ContainsRegex("gate\\.Wait +writes +key +"));
  EXPECT_THAT(shown, ContainsRegex("first +gate\\.Bell +.*gate\\.xml:3:3\n"));
  const Json plugin = json({"plugin", "show", "gate"});
  EXPECT_EQ(plugin.find("classes")->as_array()->size(), 6U);
  EXPECT_EQ(plugin.find("beans")->as_array()->size(), 2U);
}

TEST_F(CommandLine, lists_and_shows_chains) {
  start();
  EXPECT_THAT(tenon({"chain", "list"}).output, ContainsRegex("\ngate\\.pass +folder +3 +.*gate\\.xml:2:3\n"));
  EXPECT_THAT(tenon({"chain", "show", "gate.pass"}).output, ContainsRegex("\n2  gate\\.Wait  gate +yes +"));
}

TEST_F(CommandLine, shows_a_chain_with_its_data_and_where_it_comes_from) {
  start();
  const std::string shown = tenon({"chain", "show", "gate.pass"}).output;
  EXPECT_THAT(shown, ContainsRegex("inputs +folder\n"));
  EXPECT_THAT(shown, ContainsRegex("\n2  gate\\.Wait  gate +yes +folder → key +chains/gate\\.xml:5:5[ \n]"));
  EXPECT_THAT(shown, ContainsRegex("\nFiles\n"));
  EXPECT_EQ(json({"chain", "show", "gate.pass"}).find("tree")->as_array()->size(), 3U);
}

TEST_F(CommandLine, draws_a_chain) {
  start();
  EXPECT_THAT(tenon({"chain", "show", "gate.pass", "--graph", "dot"}).output, StartsWith("digraph \"gate.pass\" {\n"));
  const std::filesystem::path file = folder_.path() / "chain.dot";
  EXPECT_EQ(tenon({"chain", "show", "gate.pass", "--graph", "dot", "--output", file}).output, "");
  EXPECT_THAT(read_file(file), StartsWith("digraph"));
  EXPECT_EQ(tenon({"chain", "show", "gate.pass", "--output", file}).status, 2);
  EXPECT_EQ(tenon({"chain", "show", "gate.pass", "--graph", "png"}).status, 2);
  EXPECT_EQ(tenon({"chain", "show", "gate.pass", "--graph", "dot", "--output", "/no/such"}).errors,
            "tenon: cannot write /no/such\n");
}

TEST_F(CommandLine, draws_a_chain_as_DOT_where_Graphviz_is_not_installed) {
  start();
  Process process(folder_.path(), TENON_TENON,
                  {.arguments = {"chain", "show", "gate.pass", "--graph", "svg"},
                   .environment = {{"TENON_SOCKET", socket_}, {"PATH", "/no/such"}},
                   .input = {}});
  EXPECT_EQ(process.wait(), 0);
  EXPECT_THAT(process.output(), StartsWith("digraph"));
  EXPECT_EQ(process.errors(), "tenon: Graphviz's dot is not installed: this is its input\n");
}

TEST_F(CommandLine, drills_a_chain_and_tells_which_undos_fail) {
  start();
  const std::string input = run_input(run_folder("run"));
  const Outcome outcome = tenon({"chain", "drill", "gate.fail", "--input", input});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, StartsWith("STEP          WAY      RUN                     LEFT BEHIND\n"));
  EXPECT_THAT(outcome.output,
              ContainsRegex("\n3 gate\\.Fail   timeout  .* undo of gate\\.Stuck failed: GATE\\.1004\n"));
  EXPECT_THAT(outcome.output, HasSubstr("\ndrill of chain 'gate.fail': 9 runs in "));
  EXPECT_THAT(outcome.errors, MatchesRegex("tenon: drill of chain 'gate.fail': [0-9] undos failed\n"));
  const Outcome as_json = tenon({"chain", "drill", "gate.fail", "--input", input, "--json"});
  EXPECT_EQ(as_json.status, 1);
  EXPECT_EQ(text_of(api::parse_json(as_json.output).value(), "state"), "flawed");
}

TEST_F(CommandLine, drills_a_chain_whose_undo_is_complete) {
  start();
  const auto run = run_folder("run");
  open_gate(run);
  const Outcome outcome = tenon({"chain", "drill", "gate.pass", "--input", run_input(run)});
  EXPECT_EQ(outcome.status, 0) << outcome.output << outcome.errors;
  EXPECT_THAT(outcome.output, ContainsRegex("\n2 gate\\.Wait  after    FLOW\\.1020 +-\n"));
  EXPECT_THAT(outcome.output, ContainsRegex("gate.pass': 9 runs in [^,;]+; no plugin lists what there is"));
}

TEST_F(CommandLine, drills_no_chain_without_its_input) {
  start();
  const Outcome outcome = tenon({"chain", "drill", "gate.pass"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, StartsWith("tenon: drill of chain 'gate.pass' can't go on: FLOW.1012: "));
  EXPECT_EQ(tenon({"chain", "drill", "no.such"}).errors, "tenon: there is no chain 'no.such'\n");
}

TEST_F(CommandLine, lists_drivers_and_extensions) {
  start();
  EXPECT_EQ(tenon({"driver", "list"}).output, "KIND  TYPE  BEAN  RESOURCE  PLUGIN  PLACE\n");
  EXPECT_EQ(tenon({"extension", "list"}).output, "INTERFACE  ORDER  BEAN  PLUGIN  PLACE\n");
  EXPECT_EQ(tenon({"driver", "list", "--json"}).output, "[]\n");
}

TEST_F(CommandLine, runs_a_chain_with_input_from_a_file_or_standard_input) {
  start();
  const auto run = run_folder("run");
  open_gate(run);
  const Outcome from_file = tenon({"run", "gate.pass", "--input", run_input(run)});
  EXPECT_EQ(from_file.status, 0) << from_file.errors;
  EXPECT_THAT(from_file.output, MatchesRegex("run [0-9a-z]{13} of chain 'gate.pass' succeeded in .*s\n"));
  const Outcome from_input = tenon({"run", "gate.pass", "--input", "-"}, R"({"folder": ")" + run.string() + "\"}");
  EXPECT_EQ(from_input.status, 0) << from_input.errors;
}

TEST_F(CommandLine, prints_a_run_as_json) {
  start();
  const auto run = run_folder("run");
  open_gate(run);
  const Outcome outcome = tenon({"run", "gate.pass", "--input", run_input(run), "--json"});
  const Json json = api::parse_json(outcome.output).value();
  EXPECT_EQ(text_of(json, "state"), "succeeded");
  EXPECT_EQ(text_of(*json.find("data"), "folder"), run.string());
  EXPECT_EQ(text_of(*json.find("data"), "key"), text_of(json, "id") + ":1");
}

TEST_F(CommandLine, tells_why_a_run_failed_and_which_undos_failed) {
  start();
  const auto run = run_folder("run");
  const Outcome outcome = tenon({"run", "gate.fail", "--input", run_input(run)});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "");
  const std::string place = (folder_.path() / "descriptors/chains/gate.xml").string();
  EXPECT_THAT(outcome.errors, MatchesRegex("tenon: run [0-9a-z]{13} of chain 'gate.fail' failed: "
                                           "GATE.1002: told to fail: by the test\n"
                                           "  in flow gate.Fail \\(.*gate.xml:12:5\\)\n"
                                           "  caused by: GATE.1003: the reason of it\n"
                                           "  undo failed: FLOW.1006: an undo failed; .*: gate.Stuck\n"
                                           "    in flow gate.Stuck \\(.*gate.xml:11:5\\)\n"
                                           "    owed as debt [0-9a-z]{13}:1\n"
                                           "    caused by: GATE.1004: cannot be undone\n"));
  EXPECT_THAT(outcome.errors, HasSubstr("(" + place + ":12:5)"));
}

TEST_F(CommandLine, watches_a_run_in_plain_lines) {
  start();
  const auto run = run_folder("run");
  Process watcher = start_tenon({"run", "gate.pass", "--input", run_input(run), "--watch"});
  wait_for_gate(run);
  ASSERT_TRUE(eventually([&] {
    return watcher.output().find("50 % waiting for the gate\n") != std::string::npos ||
           watcher.output().find("2/3 gate.Wait: running\n") != std::string::npos;
  })) << watcher.output();
  open_gate(run);
  EXPECT_EQ(watcher.wait(), 0) << watcher.errors();
  const std::string lines = watcher.output();
  EXPECT_THAT(lines, ContainsRegex(" [0-9.]+ s  1/3 gate\\.Pass: done \\([<0-9.]+ ms\\)\n"));
  EXPECT_THAT(lines, ContainsRegex("2/3 gate\\.Wait: done \\([<0-9.]+ m?s\\)\n"));
  EXPECT_THAT(lines, ContainsRegex("3/3 gate\\.Pass: done .*\nrun [0-9a-z]{13} of chain 'gate.pass' succeeded in "));
  EXPECT_THAT(lines, Not(HasSubstr("\x1b")));
}

TEST_F(CommandLine, watches_the_undo_of_a_run) {
  start();
  const Outcome outcome = tenon({"run", "gate.fail", "--input", run_input(run_folder("run")), "--watch"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output,
              ContainsRegex("2/3 gate\\.Stuck: undo-failed \\([<0-9.]+ ms\\): GATE\\.1004: cannot be undone\n"));
  EXPECT_THAT(outcome.output, ContainsRegex("1/3 gate\\.Pass: undone \\([<0-9.]+ ms\\)\n"));
}

TEST_F(CommandLine, watches_a_run_as_lines_of_json) {
  start();
  const auto run = run_folder("run");
  open_gate(run);
  const Outcome outcome = tenon({"run", "gate.pass", "--input", run_input(run), "--watch", "--json"});
  std::vector<std::string> names;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) names.push_back(text_of(api::parse_json(line).value(), "event"));
  ASSERT_GE(names.size(), 2U);
  EXPECT_EQ(names.front(), "run");
  EXPECT_EQ(names.back(), "end");
}

TEST_F(CommandLine, watches_a_run_on_a_terminal) {
  start();
  const Outcome outcome =
      on_terminal({"run", "gate.fail", "--input", run_input(run_folder("run")), "--watch"}, socket_);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, HasSubstr("\x1b[1mgate.fail\x1b[0m  run "));
  EXPECT_THAT(outcome.output, HasSubstr("\x1b[31mfailed\x1b[0m"));
  EXPECT_THAT(outcome.output, HasSubstr("\x1b[33m↶\x1b[0m"));
  EXPECT_THAT(outcome.output, HasSubstr("\x1b[31m  GATE.1002: told to fail: by the test\x1b[0m"));
}

TEST_F(CommandLine, uses_no_colours_on_a_terminal_where_NO_COLOR_is_set) {
  start();
  const Outcome outcome =
      on_terminal({"run", "gate.fail", "--input", run_input(run_folder("run")), "--watch"}, socket_, "1");
  EXPECT_THAT(outcome.output, HasSubstr("gate.fail  run "));
  EXPECT_THAT(outcome.output, Not(ContainsRegex("\x1b\\[[0-9]+m")));
}

TEST_F(CommandLine, lists_shows_watches_and_cancels_runs) {
  start();
  const auto run = run_folder("run");
  Process first = start_tenon({"run", "gate.pass", "--input", run_input(run)});
  wait_for_gate(run);
  const Json runs = json({"runs", "list"});
  ASSERT_EQ(runs.as_array()->size(), 1U);
  const std::string id = text_of(runs.as_array()->front(), "id");
  EXPECT_THAT(tenon({"runs", "list"}).output, ContainsRegex(id + "  gate\\.pass  running  .* 2/3 "));
  EXPECT_THAT(tenon({"runs", "show", id}).output, ContainsRegex("2  gate\\.Wait  running "));
  EXPECT_EQ(json({"runs", "list", "--stuck", "3600"}).as_array()->size(), 0U);
  EXPECT_EQ(tenon({"runs", "list", "--stuck"}).status, 0);
  EXPECT_THAT(tenon({"runs", "list", "--stuck", "0"}).output, ContainsRegex("2/3 gate\\.Wait +answer "));
  EXPECT_THAT(tenon({"runs", "show", id}).output, ContainsRegex("\nAt work\n.*\n2  gate\\.Wait +forward +1 +answer "));
  EXPECT_EQ(tenon({"runs", "list", "--stuck", "long"}).status, 2);
  Process watcher = start_tenon({"runs", "watch", id});
  EXPECT_EQ(tenon({"runs", "cancel", id}).output, "run " + id + " of chain 'gate.pass' is asked to end\n");
  EXPECT_EQ(first.wait(), 1);
  EXPECT_EQ(watcher.wait(), 1);
  EXPECT_THAT(tenon({"runs", "list"}).output, ContainsRegex(id + "  gate\\.pass  failed "));
  EXPECT_EQ(tenon({"runs", "cancel", id}).output, "run " + id + " of chain 'gate.pass' had ended already: failed\n");
}

TEST_F(CommandLine, says_in_one_line_what_the_node_refuses) {
  start();
  EXPECT_EQ(tenon({"run", "no.such"}).errors, "tenon: there is no chain 'no.such'\n");
  EXPECT_EQ(tenon({"run", "gate.pass"}).errors,
            "tenon: FLOW.1012: an input of the chain is missing: 'folder' (chain 'gate.pass')\n");
  EXPECT_EQ(tenon({"plugin", "show", "x"}).errors, "tenon: there is no plugin 'x'\n");
  EXPECT_EQ(tenon({"plugin", "show", "x"}).status, 1);
}

TEST_F(CommandLine, says_where_its_input_is_wrong) {
  const Outcome outcome = tenon({"run", "gate.pass", "--input", "-"}, "{\n  oops}");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.errors, "tenon: standard input: line 2, column 3: Missing a name for object member.\n");
  EXPECT_EQ(tenon({"run", "gate.pass", "--input", "-"}, "[]").errors,
            "tenon: standard input: expected an object with the chain's inputs, found array\n");
  EXPECT_EQ(tenon({"run", "x", "--input", "/no/such"}).errors, "tenon: cannot read the input /no/such\n");
}

TEST_F(CommandLine, exits_with_3_if_there_is_no_node) {
  const Outcome outcome = tenon({"status"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.errors, "tenon: cannot reach the node at " + socket_.string() + ": No such file or directory\n");
}

TEST_F(CommandLine, exits_with_3_if_the_node_dies_while_it_waits) {
  start();
  const auto run = run_folder("run");
  Process watcher = start_tenon({"run", "gate.pass", "--input", run_input(run)});
  wait_for_gate(run);
  ASSERT_TRUE(eventually([&] { return json({"status"}).find("runs_in_flight") != nullptr; }));
  node_->signal(SIGKILL);
  EXPECT_EQ(watcher.wait(), 3);
  EXPECT_THAT(watcher.errors(), StartsWith("tenon: cannot reach the node at "));
}

TEST_F(CommandLine, exits_with_2_if_it_is_used_wrongly) {
  start();
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{{},
                                                                                     {"no-such"},
                                                                                     {"plugin"},
                                                                                     {"plugin", "show"},
                                                                                     {"run"},
                                                                                     {"status", "--no-such"},
                                                                                     {"status", "extra"},
                                                                                     {"chain", "drill"}}) {
    EXPECT_EQ(tenon(wrong).status, 2);
  }
  EXPECT_THAT(tenon({"--help"}).output, HasSubstr("3  the node can't be reached"));
}

TEST_F(CommandLineCheck, counts_what_is_in_order_and_makes_no_bean) {
  const std::string folder = folder_.path().string();
  std::vector<std::string> arguments{"check"};
  for (const char* part : {"descriptors", "plugins", "state"}) {
    arguments.insert(arguments.end(), {"--set", "tenon." + std::string(part) + "=" + folder + "/" + part});
  }
  arguments.insert(arguments.end(), {"--set", "bell.file=" + folder + "/bells"});
  const Outcome good = tenon(arguments);
  EXPECT_EQ(good.status, 0) << good.errors;
  EXPECT_EQ(good.output, "configuration OK: 1 plugin, 2 beans, 0 drivers, 0 extensions, 3 chains, 0 messages\n");
  EXPECT_FALSE(std::filesystem::exists(folder + "/bells"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/state"));

  start();  // a check does not mind a node that runs
  EXPECT_EQ(tenon(arguments).status, 0);

  folder_.write("descriptors/bad.xml", "<beans>\n  <bean id=\"first\" class=\"gate.Pass\"/>\n</beans>\n");
  const Outcome bad = tenon(arguments);
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.output, "");
  EXPECT_THAT(bad.errors, HasSubstr(": error: "));
  EXPECT_THAT(bad.errors, ::testing::EndsWith("\n1 error, 0 warnings\n"));
  arguments.emplace_back("--json");
  const Json report = api::parse_json(tenon(arguments).output).value();
  EXPECT_EQ(*report.find("ok"), Json(false));
  EXPECT_EQ(*report.find("errors"), Json(1));
}

TEST_F(CommandLineCheck, of_the_syntax_needs_no_library) {
  const auto file = folder_.write("a.xml", R"(<beans xmlns:tenon="urn:tenon:plugin" xmlns:util="urn:util">
  <tenon:library name="a" version="1" file="no-such.so"/>
  <util:list id="names"><value>x</value></util:list>
  <bean id="b" class="a.B" lazy-init="true">
    <tenon:plugin><tenon:extension interface="a.I"/></tenon:plugin>
  </bean>
</beans>
)");
  const Outcome good = tenon({"check", "--syntax", file, folder_.path() / "descriptors/chains/gate.xml"});
  EXPECT_EQ(good.status, 0) << good.errors;
  EXPECT_EQ(good.output, "syntax OK: 1 bean, 1 extension, 1 list, 3 chains\n");
  EXPECT_THAT(good.errors, StartsWith(file.string() + ":4:"));
  EXPECT_THAT(good.errors, HasSubstr(": warning: "));

  const auto broken = folder_.write("c.xml", "<beans>\n  <ben/>\n</beans>\n");
  const Outcome bad = tenon({"check", "--syntax", broken});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.errors, StartsWith(broken.string() + ":2:3: error: unknown element 'ben'"));
}

}  // namespace
}  // namespace tenon::test
