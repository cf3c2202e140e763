#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>

#include "node_fixture.h"

namespace tenon::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// A node with the plugin `crasher`, whose flows end it.
class NodeCrash : public NodeTest {
 protected:
  NodeCrash() {
    std::filesystem::create_symlink(TENON_CRASHER_PLUGIN, folder_.path() / "plugins" / "crasher.so");
    std::filesystem::create_symlink(TENON_DESK_PLUGIN, folder_.path() / "plugins" / "desk.so");
    folder_.write("plugins/crasher.xml",
                  R"(<beans><library name="crasher" version="1.0.0" file="crasher.so"/></beans>)");
    folder_.write("plugins/desk.xml",
                  R"(<beans><library name="desk" version="1.0.0" file="desk.so"><requires plugin="crasher"/></library>
</beans>)");
    folder_.write("descriptors/chains/crasher.xml", R"(<chains xmlns="urn:tenon:chains">
  <chain name="crash.inline"><input key="folder"/><input key="how"/>
    <flow class="crasher.Mark"/>
    <flow class="crasher.Crash"/>
  </chain>
  <chain name="crash.blocking"><input key="folder"/><input key="how"/>
    <flow class="crasher.Mark"/>
    <flow class="crasher.CrashBlocking"/>
  </chain>
</chains>
)");
  }
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "sanitizers have signal handlers of their own";
  }

  /// Starts a run that ends the node; the exit status.
  int crash(const std::string& how, const std::string& chain = "crash.inline") {
    const std::filesystem::path folder = run_folder(how + chain);
    const std::string input =
        folder_.write(how + ".json", R"({"folder": ")" + folder.string() + R"(", "how": ")" + how + R"("})");
    Process client = start_tenon({"run", chain, "--input", input});
    const int status = node_->wait();
    (void)client.wait();
    return status;
  }
  std::string report() const {
    std::string text = read_file(folder_.path() / "state/crashes/current");
    EXPECT_NE(text, "") << node_->errors();
    return text;
  }
  std::vector<std::string> marks(const std::string& how, const std::string& chain = "crash.inline") {
    return read_lines(folder_.path() / (how + chain) / "log");
  }
  bool undone(const std::string& how, const std::string& chain = "crash.inline") {
    return eventually([&] {
      const auto lines = marks(how, chain);
      return !lines.empty() && lines.back() == "undo mark";
    });
  }
};

struct Death {
  const char* how;
  const char* chain;
  int signal;
  const char* name;
  const char* reason;
  bool in_flow;
};

class EachCrash : public NodeCrash, public ::testing::WithParamInterface<Death> {};

TEST_P(EachCrash, is_written_down_told_of_and_undone_at_the_next_start) {
  const Death& death = GetParam();
  start();
  EXPECT_EQ(crash(death.how, death.chain), 128 + death.signal) << node_->errors();
  const std::string text = report();
  EXPECT_THAT(text, HasSubstr("\nsignal: " + std::string(death.name) + "\n"));
  EXPECT_THAT(text, HasSubstr(death.reason));
  EXPECT_THAT(text, AllOf(HasSubstr("\nplugin: crasher\ngeneration: 1\n"), HasSubstr("\nthread: "),
                          HasSubstr("\nstack:\n"), HasSubstr("-crasher.so+0x")));
  if (death.in_flow) {
    EXPECT_THAT(text, HasSubstr("\nchain: " + std::string(death.chain) + "\nflow: crasher.Crash"));
    EXPECT_THAT(text, HasSubstr("\ndirection: run\n"));
  }

  start();
  EXPECT_THAT(node_->errors(), AllOf(HasSubstr("the node has crashed"), HasSubstr("plugin=crasher"),
                                     HasSubstr("signal=" + std::string(death.name))));
  EXPECT_TRUE(undone(death.how, death.chain)) << node_->errors();
  const Outcome status = tenon({"status"});
  EXPECT_THAT(status.output, AllOf(HasSubstr("crasher: " + std::string(death.name)), HasSubstr("-crasher.crash)")));
  EXPECT_THAT(status.output, Not(HasSubstr("quarantine")));
  EXPECT_EQ(stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "state/crashes/current")) << "after an end in good order";
  start();
  EXPECT_THAT(node_->errors(), Not(HasSubstr("the node has crashed"))) << "it was told";
}

INSTANTIATE_TEST_SUITE_P(
    Of, EachCrash,
    ::testing::Values(
        Death{"segfault", "crash.inline", SIGSEGV, "SIGSEGV", "\naddress: 0x0\n", true},
        Death{"segfault", "crash.blocking", SIGSEGV, "SIGSEGV", "\naddress: 0x0\n", true},
        Death{"null-call", "crash.inline", SIGSEGV, "SIGSEGV", "\naddress: 0x0\n", true},
        Death{"overflow", "crash.inline", SIGSEGV, "SIGSEGV", "\nreason: the stack has overflown\n", true},
        Death{"overflow", "crash.blocking", SIGSEGV, "SIGSEGV", "\nreason: the stack has overflown\n", true},
        Death{"abort", "crash.inline", SIGABRT, "SIGABRT", "\nthread: ", true},
        Death{"own-thread", "crash.inline", SIGABRT, "SIGABRT",
              "\nreason: std::terminate: uncaught std::runtime_error: nobody catches this\n", false},
        Death{"own-thread-overflow", "crash.blocking", SIGSEGV, "SIGSEGV", "\nreason: the stack has overflown\n",
              false}),
    [](const auto& tested) {
      std::string name = std::string(tested.param.how) + "_" + tested.param.chain;
      for (char& letter : name) letter = letter == '-' || letter == '.' ? '_' : letter;
      return name;
    });

TEST_F(NodeCrash, of_a_plugin_that_does_it_three_times_has_it_left_out) {
  for (const char* how : {"segfault", "abort", "overflow"}) {
    start();
    EXPECT_GT(crash(how), 128);
  }
  start();
  const std::string log = node_->errors();
  EXPECT_THAT(log, HasSubstr("a plugin is in quarantine: it is not loaded until an operator enables it"));
  EXPECT_THAT(log, AllOf(HasSubstr("plugin 'crasher' is in quarantine"),
                         HasSubstr("plugin 'desk' requires plugin 'crasher'"), HasSubstr("chain 'crash.inline'")));
  const Json status = json({"status"});
  ASSERT_NE(status.find("quarantine"), nullptr);
  ASSERT_THAT(*status.find("quarantine")->as_array(), SizeIs(1));
  EXPECT_EQ(text_of(status.find("quarantine")->as_array()->front(), "plugin"), "crasher");
  EXPECT_THAT(*status.find("left_out")->as_array(), SizeIs(4));
  const Outcome told = tenon({"status"});
  EXPECT_THAT(told.output, AllOf(HasSubstr("quarantine"), HasSubstr("crasher, since "),
                                 HasSubstr("plugin 'desk' requires plugin 'crasher'")));
  EXPECT_EQ(tenon({"plugin", "show", "crasher"}).status, 1);
  EXPECT_EQ(tenon({"plugin", "show", "gate"}).status, 0) << "the rest is there";
  EXPECT_THAT(marks("overflow"), ElementsAre("mark")) << "what its flows have begun waits for it";
  EXPECT_EQ(stop(), 0);

  // As an operator's word does.
  std::filesystem::remove(folder_.path() / "state/quarantine");
  start();
  EXPECT_EQ(tenon({"plugin", "show", "crasher"}).status, 0);
  EXPECT_TRUE(undone("overflow")) << node_->errors();
}

TEST_F(NodeCrash, from_outside_is_blamed_on_nobody) {
  start();
  node_->signal(SIGSEGV);
  EXPECT_EQ(node_->wait(), 128 + SIGSEGV);
  EXPECT_THAT(report(), AllOf(HasSubstr("\nreason: sent by process "), Not(HasSubstr("\nplugin: "))));
  start();
  EXPECT_THAT(tenon({"status"}).output, HasSubstr("the node itself: SIGSEGV"));
}

}  // namespace
}  // namespace tenon::test
