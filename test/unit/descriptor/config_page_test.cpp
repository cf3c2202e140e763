#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/temp_folder.h"
#include "unit/descriptor/reading.h"

/// The examples of docs/config.md are descriptors.
namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> examples() {
  const std::string page = test::read_file(CONFIG_PAGE);
  const std::string begin = "```xml\n";
  std::vector<std::string> found;
  for (std::size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at)) {
    at += begin.size();
    found.push_back(page.substr(at, page.find("```", at) - at));
  }
  return found;
}

TEST(ConfigPage, shows_descriptors_that_are_in_order) {
  std::vector<std::string> configs;
  std::vector<std::string> properties;
  for (const std::string& example : examples()) {
    const Reading reading = read(example);
    EXPECT_THAT(reading.messages, IsEmpty()) << example;
    for (const auto& config : reading.descriptor.configs) configs.push_back(config.name.text);
    if (!reading.descriptor.library) continue;
    for (const auto& property : reading.descriptor.library->properties) properties.push_back(property.name.text);
  }
  EXPECT_THAT(configs, ElementsAre("ping.interval", "look.interval"));
  EXPECT_THAT(properties, ElementsAre("paint.limit"));
}

}  // namespace
}  // namespace tenon::descriptor
