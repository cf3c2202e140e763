#include "node_fixture.h"

#include <signal.h>

#include <fstream>

#include "api/json_text.h"

namespace tenon::test {

NodeTest::NodeTest() {
  std::filesystem::create_directories(folder_.path() / "plugins");
  std::filesystem::create_symlink(TENON_GATE_PLUGIN, folder_.path() / "plugins" / "gate.so");
  folder_.write("plugins/gate.xml", R"(<beans xmlns="urn:tenon:beans" xmlns:tenon="urn:tenon:plugin">
  <tenon:library name="gate" version="1.0.0" file="gate.so"/>
  <bean id="first" class="gate.Bell">
    <property name="file" value="${bell.file}"/>
    <property name="name" value="first"/>
  </bean>
  <bean id="second" class="gate.Bell" depends-on="first">
    <property name="file" value="${bell.file}"/>
    <property name="name" value="second"/>
  </bean>
</beans>
)");
  folder_.write("descriptors/chains/gate.xml", R"(<chains xmlns="urn:tenon:chains">
  <chain name="gate.pass">
    <input key="folder"/>
    <flow class="gate.Pass"/>
    <flow class="gate.Wait"/>
    <flow class="gate.Pass"/>
  </chain>
  <chain name="gate.fail">
    <input key="folder"/>
    <flow class="gate.Pass"/>
    <flow class="gate.Stuck"/>
    <flow class="gate.Fail"/>
  </chain>
  <chain name="gate.twice">
    <flow class="gate.Twice"/>
  </chain>
</chains>
)");
}

Process NodeTest::spawn(const Settings& settings, std::vector<std::string> arguments) {
  const std::filesystem::path& folder = folder_.path();
  Settings all{{"tenon.descriptors", folder / "descriptors"},
               {"tenon.plugins", folder / "plugins"},
               {"tenon.plugins.trust", "any"},  // whoever built this, with whatever umask
               {"tenon.state", folder / "state"},
               {"tenon.socket", socket_},
               {"bell.file", folder / "bells"}};
  all.insert(all.end(), settings.begin(), settings.end());
  for (const auto& [name, value] : all) arguments.insert(arguments.end(), {"--set", name + "=" + value});
  return Process(folder, TENON_TENOND,
                 {.arguments = std::move(arguments),
                  .environment = {{"NOTIFY_SOCKET", notifications_.path()}, {"JOURNAL_STREAM", ""}},
                  .input = {}});
}

void NodeTest::start(const Settings& settings) {
  node_.reset();
  node_.emplace(spawn(settings));
  try {
    notifications_.wait_for("READY=1");
  } catch (const std::exception& e) {
    throw std::runtime_error(e.what() + ("; the node wrote:\n" + node_->errors()));
  }
}

int NodeTest::stop() {
  node_->signal(SIGTERM);
  return node_->wait();
}

Process NodeTest::start_tenon(std::vector<std::string> arguments, const std::string& input) {
  return Process(folder_.path(), TENON_TENON,
                 {.arguments = std::move(arguments),
                  .environment = {{"TENON_SOCKET", socket_}, {"TENON_TENOND", ""}, {"LC_ALL", "C.UTF-8"}},
                  .input = input});
}

Outcome NodeTest::tenon(std::vector<std::string> arguments, const std::string& input) {
  Process process = start_tenon(std::move(arguments), input);
  const int status = process.wait();
  return {status, process.output(), process.errors()};
}

Json NodeTest::json(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = tenon(std::move(arguments));
  EXPECT_EQ(outcome.errors, "");
  return api::parse_json(outcome.output).value();
}

std::filesystem::path NodeTest::run_folder(const std::string& name) {
  std::filesystem::create_directories(folder_.path() / name);
  return folder_.path() / name;
}

std::string NodeTest::run_input(const std::filesystem::path& folder) {
  return folder_.write(folder.filename().string() + ".json", R"({"folder": ")" + folder.string() + R"("})");
}

void NodeTest::wait_for_gate(const std::filesystem::path& folder) {
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder / "waiting"); })) << node_->errors();
}

void NodeTest::open_gate(const std::filesystem::path& folder) { std::ofstream(folder / "open").close(); }

std::string text_of(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  return member != nullptr && member->as_string() != nullptr ? *member->as_string() : "(none)";
}

}  // namespace tenon::test
