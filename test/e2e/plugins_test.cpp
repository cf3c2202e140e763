#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "api/json_text.h"
#include "node_fixture.h"
#include "support/temp_folder.h"

/// Plugins that come, change and go while the node runs.
namespace tenon::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PluginLife : public NodeTest {
 protected:
  fs::path plugins() const { return folder_.path() / "plugins"; }
  /// A library and its descriptor, as a user copies them, slowly.
  void drop_desk() {
    folder_.write("plugins/desk.xml", R"(<beans xmlns="urn:tenon:beans" xmlns:tenon="urn:tenon:plugin">
  <tenon:library name="desk" version="1.0.0" file="desk.so"/>
  <bean id="Desk" class="desk.Desk"/>
</beans>
)");
    folder_.write("plugins/services/desk.xml", R"(<service>
  <id>Desk</id>
  <message><name>desk.Question</name><route method="POST" path="/v1/topics/{topic}/questions"/></message>
</service>)");
    fs::copy_file(TENON_DESK_PLUGIN, plugins() / "desk.so");
  }
  std::string plugin_state(const std::string& name) {
    const Json list = json({"plugin", "list"});
    for (const Json& plugin : *list.as_array()) {
      if (text_of(plugin, "name") == name) return text_of(plugin, "state");
    }
    return "(none)";
  }
};

TEST_F(PluginLife, takes_up_what_is_dropped_into_its_folders) {
  start();
  EXPECT_EQ(plugin_state("desk"), "(none)");
  drop_desk();
  EXPECT_TRUE(eventually([&] { return plugin_state("desk") == "active"; }));
  EXPECT_TRUE(eventually([&] { return tenon({"message", "list"}).output.find("desk.Question") != std::string::npos; }));
  EXPECT_THAT(tenon({"status"}).output, HasSubstr("files have changed: done"));
  fs::remove(plugins() / "services/desk.xml");
  fs::remove(plugins() / "desk.xml");
  fs::remove(plugins() / "desk.so");
  EXPECT_TRUE(eventually([&] { return plugin_state("desk") == "(none)"; }));
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(node_->errors(), HasSubstr("reloaded change=\"plugin 'desk' 1.0.0 added\""));
  EXPECT_THAT(node_->errors(), HasSubstr("reloaded change=\"plugin 'desk' removed\""));
  EXPECT_THAT(node_->errors(), Not(HasSubstr(" ERROR "))) << "what comes in pieces is no error";
}

TEST_F(PluginLife, proves_and_takes_up_an_edited_chain) {
  start();
  folder_.write("descriptors/chains/gate.xml", R"(<chains xmlns="urn:tenon:chains">
  <chain name="gate.pass">
    <input key="folder"/>
    <flow class="gate.Pass"/>
  </chain>
</chains>
)");
  EXPECT_TRUE(eventually([&] { return json({"chain", "list"}).as_array()->size() == 1; }));
  EXPECT_EQ(json({"chain", "show", "gate.pass"}).find("steps")->as_array()->size(), 1U);
  folder_.write("descriptors/chains/gate.xml", R"(<chains xmlns="urn:tenon:chains">
  <chain name="gate.pass">
    <flow class="gate.Pass"/>
  </chain>
</chains>
)");
  EXPECT_TRUE(eventually([&] { return tenon({"status"}).output.find("FAILED") != std::string::npos; }));
  EXPECT_THAT(tenon({"status"}).output, HasSubstr("gate.xml:3:"));
  EXPECT_EQ(tenon({"run", "gate.pass", "--input", run_input(run_folder("a"))}).status, 0) << "as it was before";
  EXPECT_EQ(stop(), 0);
}

TEST_F(PluginLife, goes_on_with_what_it_has_if_a_file_is_wrong) {
  start();
  folder_.write("plugins/desk.xml", "<beans>\n<bean id=\"x\"");
  EXPECT_TRUE(eventually([&] { return tenon({"status"}).output.find("FAILED") != std::string::npos; }));
  EXPECT_THAT(tenon({"status"}).output, HasSubstr("desk.xml:2:"));
  EXPECT_EQ(plugin_state("gate"), "active");
  const Outcome refused = tenon({"plugin", "reload"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("desk.xml:2:"));
  fs::remove(plugins() / "desk.xml");
  EXPECT_TRUE(eventually([&] { return tenon({"status"}).output.find("FAILED") == std::string::npos; }));
  EXPECT_EQ(stop(), 0);
}

TEST_F(PluginLife, keeps_a_plugin_out_that_is_disabled_also_of_the_next_start) {
  start();
  drop_desk();
  ASSERT_TRUE(eventually([&] { return plugin_state("desk") == "active"; }));
  const Outcome disabled = tenon({"plugin", "disable", "desk"});
  EXPECT_EQ(disabled.status, 0) << disabled.errors;
  EXPECT_THAT(disabled.output, HasSubstr("plugin 'desk' removed"));
  EXPECT_TRUE(eventually([&] { return plugin_state("desk") == "disabled"; }));
  EXPECT_EQ(stop(), 0);
  start();
  EXPECT_EQ(plugin_state("desk"), "disabled");
  EXPECT_EQ(tenon({"plugin", "enable", "desk"}).status, 0);
  EXPECT_EQ(plugin_state("desk"), "active");
  EXPECT_EQ(tenon({"plugin", "remove", "desk"}).status, 0);
  EXPECT_FALSE(fs::exists(plugins() / "desk.so"));
  EXPECT_FALSE(fs::exists(plugins() / "services/desk.xml"));
  EXPECT_EQ(stop(), 0);
}

TEST_F(PluginLife, lets_a_run_finish_with_the_code_that_it_began_with) {
  start();
  const fs::path run = run_folder("a");
  Process command = start_tenon({"run", "gate.pass", "--input", run_input(run)});
  wait_for_gate(run);
  const Outcome refused = tenon({"plugin", "disable", "gate"});
  EXPECT_EQ(refused.status, 1) << "its chains need it";
  fs::remove(folder_.path() / "plugins/gate.so");
  fs::copy_file(TENON_GATE_PLUGIN, folder_.path() / "plugins/gate.so");
  {
    // Bytes behind its end make it another file, of the same code.
    std::ofstream more(folder_.path() / "plugins/gate.so", std::ios::app);
    more << "more";
  }
  EXPECT_TRUE(eventually([&] { return tenon({"plugin", "list"}).output.find("draining") != std::string::npos; }));
  EXPECT_THAT(tenon({"plugin", "list"}).output, HasSubstr("run "));
  open_gate(run);
  EXPECT_EQ(command.wait(), 0) << command.errors();
  EXPECT_TRUE(eventually([&] { return tenon({"plugin", "list"}).output.find("draining") == std::string::npos; }));
  EXPECT_THAT(tenon({"plugin", "list"}).output, Not(HasSubstr("pinned")));
  EXPECT_EQ(stop(), 0);
}

TEST_F(PluginLife, takes_up_a_run_whose_plugin_was_away_when_it_is_back) {
  start();
  const fs::path run = run_folder("a");
  Process command = start_tenon({"run", "gate.pass", "--input", run_input(run)});
  wait_for_gate(run);
  node_->signal(SIGKILL);
  node_->wait();
  const fs::path away = folder_.path() / "away";
  fs::create_directories(away);
  fs::rename(plugins() / "gate.so", away / "gate.so");
  fs::rename(plugins() / "gate.xml", away / "gate.xml");
  fs::rename(folder_.path() / "descriptors/chains/gate.xml", away / "chain.xml");
  start();
  const auto parked = [&] { return api::print_json(*json({"status"}).find("runs_parked")); };
  EXPECT_EQ(parked(), "1");
  fs::rename(away / "chain.xml", folder_.path() / "descriptors/chains/gate.xml");
  fs::rename(away / "gate.xml", plugins() / "gate.xml");
  fs::rename(away / "gate.so", plugins() / "gate.so");
  EXPECT_TRUE(eventually([&] { return parked() == "0"; })) << node_->errors();
  EXPECT_TRUE(eventually([&] { return text_of(json({"run", "list"}).as_array()->front(), "state") == "failed"; }));
  EXPECT_EQ(stop(), 0);
}

TEST_F(PluginLife, is_none_the_worse_for_a_kill_in_the_middle_of_a_swap) {
  constexpr int kKills = 12;
  const std::string code = read_file(TENON_GATE_PLUGIN);
  for (int i = 0; i < kKills; ++i) {
    start({{"tenon.watch.quiet", "5ms"}});
    const fs::path run = run_folder("r" + std::to_string(i));
    Process command = start_tenon({"run", "gate.pass", "--input", run_input(run)});
    wait_for_gate(run);
    folder_.write("plugins/gate.new", code + std::string(static_cast<std::size_t>(i) + 1, '\n'));
    fs::rename(plugins() / "gate.new", plugins() / "gate.so");
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * i));
    node_->signal(SIGKILL);
    node_->wait();
    EXPECT_NE(command.wait(), 0);
    start();
    EXPECT_EQ(plugin_state("gate"), "active");
    const std::vector<std::string> undone{"pass", "wait", "undo wait", "undo pass"};
    EXPECT_TRUE(eventually([&] { return read_lines(run / "log") == undone; }))
        << "run " << i << ": " << ::testing::PrintToString(read_lines(run / "log"));
    EXPECT_THAT(tenon({"plugin", "list"}).output, AllOf(Not(HasSubstr("pinned")), Not(HasSubstr("draining"))));
    EXPECT_EQ(stop(), 0);
  }
}

}  // namespace
}  // namespace tenon::test
