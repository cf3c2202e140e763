#include <gmock/gmock.h>

#include "node_fixture.h"

namespace tenon::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A node with a config, two patterns of tags, and a plugin that declares a property.
class ConfiguredNode : public NodeTest {
 protected:
  ConfiguredNode() {
    folder_.write("descriptors/config/wall.xml", R"(<globalConfig>
  <config>
    <category>wall</category>
    <name>look.interval</name>
    <description>How often walls are looked at</description>
    <defaultValue>30s</defaultValue>
    <type>duration</type>
    <validator min="1s" max="1h"/>
    <resources>Wall</resources>
  </config>
</globalConfig>
)");
    folder_.write("descriptors/tags/wall.xml", R"(<tags><tag resource="Wall" pattern="paint::{color}"/></tags>)");
  }
  std::string output(std::vector<std::string> arguments) {
    const Outcome outcome = tenon(std::move(arguments));
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    return outcome.output;
  }
};

TEST_F(ConfiguredNode, keeps_what_users_set_over_a_restart) {
  start();
  EXPECT_EQ(output({"config", "get", "wall.look.interval"}), "30s\n");
  EXPECT_EQ(output({"config", "set", "wall.look.interval", "45s"}),
            "wall.look.interval is 45s now, effective at once\n");
  EXPECT_EQ(output({"config", "set", "wall.look.interval", "5s", "--resource", "Wall:north"}),
            "wall.look.interval for Wall:north is 5s now, effective at once\n");
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(node_->errors(), HasSubstr("config set config=wall.look.interval"));
  start();
  EXPECT_EQ(output({"config", "get", "wall.look.interval"}), "45s\n");
  EXPECT_EQ(output({"config", "get", "wall.look.interval", "--resource", "Wall:north"}), "5s\n");
  const std::string explained = output({"config", "explain", "wall.look.interval", "--resource", "Wall:north"});
  EXPECT_THAT(explained, ContainsRegex("default +- +30s +- +.*wall\\.xml:6:5"));
  EXPECT_THAT(explained, ContainsRegex("global +- +45s +- +set by "));
  EXPECT_THAT(explained, ContainsRegex("resource +Wall:north +5s +yes +set by "));
  EXPECT_EQ(output({"config", "reset", "wall.look.interval"}),
            "wall.look.interval is 30s now, nothing is set here any more\n");
  EXPECT_THAT(output({"config", "list"}), ContainsRegex("wall\\.look\\.interval +30s +default"));
  EXPECT_THAT(
      output({"event", "list", "--path", "/configs/wall/**"}),
      ContainsRegex("/configs/wall/look\\.interval/changed +.*\"now\":\"45s\".*\n.*\"resource\":\"Wall:north\".*\n"
                    ".*\"before\":\"45s\""));
  EXPECT_EQ(output({"event", "list", "--path", "/walls/**", "--json"}), "[]\n");
}

TEST_F(ConfiguredNode, says_what_is_wrong_with_a_value) {
  start();
  const Outcome refused = tenon({"config", "set", "wall.look.interval", "2h"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, StartsWith("tenon: CONFIG.1002: a value does not fit: wall.look.interval: expected a "
                                         "duration such as 10s or 200ms from 1s to 1h, found '2h'"));
  EXPECT_EQ(tenon({"config", "get", "wall"}).status, 2);
}

TEST_F(ConfiguredNode, has_tags) {
  start();
  EXPECT_EQ(output({"tag", "add", "Wall:north", "paint::blue"}), "Wall:north has the tag paint::blue\n");
  EXPECT_THAT(output({"tag", "list"}), ContainsRegex("Wall:north +paint::blue +paint::\\{color\\}"));
  EXPECT_EQ(output({"tag", "remove", "Wall:north", "paint::blue"}), "Wall:north has the tag paint::blue no more\n");
}

TEST_F(ConfiguredNode, explains_its_properties) {
  const std::string file = folder_.write("node.properties", "# of the bells\nbell.file = /nowhere\nbell.flie = x\n");
  node_.emplace(spawn({{"tenon.run.kept", "7"}}, {"--properties", file}));
  notifications_.wait_for("READY=1");
  EXPECT_EQ(output({"property", "get", "tenon.run.kept"}), "7\n");
  const std::string explained = output({"property", "explain", "bell.file"});
  EXPECT_THAT(explained, ContainsRegex("set +/nowhere +- +" + file + ":2:1\n"));
  EXPECT_THAT(explained, ContainsRegex("set +.*bells +yes +--set bell\\.file\n"));
  EXPECT_THAT(output({"property", "list"}), ContainsRegex("tenon\\.store +sqlite:"));
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(node_->errors(), HasSubstr("property 'bell.flie' has no effect: no plugin declares it (did you mean "
                                         "'bell.file'?)"));
  EXPECT_EQ(output({"property", "set", "bell.file", "/bells", "--properties", file}),
            file + " has bell.file = /bells; it counts when the node is started again\n");
  EXPECT_EQ(read_file(file), "# of the bells\nbell.file = /bells\nbell.flie = x\n");
  EXPECT_EQ(tenon({"property", "reset", "bell.flie", "--properties", file}).status, 0);
  EXPECT_EQ(read_file(file), "# of the bells\nbell.file = /bells\n");
}

}  // namespace
}  // namespace tenon::test
