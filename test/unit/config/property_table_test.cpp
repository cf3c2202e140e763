#include "config/property_table.h"

#include <cstdlib>

#include "unit/config/config_fixture.h"

namespace tenon::config {
namespace {

using ::testing::ElementsAre;

DeclaredProperty declared(const std::string& name, const std::string& default_text) {
  return {name, "duration", "a duration", default_text, "what it is for", "desk", {"desk.xml", 3, 5}, false};
}

std::vector<std::string> levels(const PropertyView& view) {
  std::vector<std::string> lines;
  for (const auto& level : view.levels) lines.push_back(level.value + " from " + level.source);
  return lines;
}

TEST(PropertyTable, tells_all_that_was_given_to_a_property_and_what_counts) {
  descriptor::Properties properties;
  descriptor::Diagnostics diagnostics;
  properties.read_text("p", "desk.limit = ${desk.base}s\ndesk.base = 2\n", diagnostics);
  properties.set("desk.limit", "3s", "--set desk.limit");
  properties.declare("desk.limit", "10s", {"desk.xml", 3, 5});
  const PropertyTable table({declared("desk.limit", "10s"), declared("desk.wait", "1s")}, properties);
  EXPECT_THAT(levels(*table.find("desk.limit")),
              ElementsAre("10s from desk.xml:3:5", "${desk.base}s from p:1:1", "3s from --set desk.limit"));
  EXPECT_EQ(table.find("desk.limit")->value, "3s");
  EXPECT_EQ(table.find("desk.wait")->value, "1s");
  EXPECT_EQ(table.find("desk.base")->declared, nullptr);
  EXPECT_FALSE(table.find("desk.x"));
  ::setenv("TENON_DESK_LIMIT", "4s", 1);
  EXPECT_EQ(table.find("desk.limit")->value, "4s");
  EXPECT_EQ(table.find("desk.limit")->levels.back().source, "environment variable TENON_DESK_LIMIT");
  ::unsetenv("TENON_DESK_LIMIT");
  std::vector<std::string> names;
  for (const PropertyView& view : table.list()) names.push_back(view.name);
  EXPECT_THAT(names, ElementsAre("desk.base", "desk.limit", "desk.wait"));
}

TEST(PropertyTable, does_not_show_secrets) {
  descriptor::Properties properties;
  properties.set("desk.key", "s3cret", "--set desk.key");
  DeclaredProperty key = declared("desk.key", "none");
  key.secret = true;
  const PropertyTable table({key}, properties);
  EXPECT_EQ(table.find("desk.key")->value, "(not shown)");
  EXPECT_THAT(levels(*table.find("desk.key")),
              ElementsAre("none from desk.xml:3:5", "(not shown) from --set desk.key"));
}

}  // namespace
}  // namespace tenon::config
