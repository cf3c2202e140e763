#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_folder.h"
#include "unit/descriptor/reading.h"

/// The examples of docs/config.md are descriptors.
namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
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

/// The shipped descriptors in a folder.
std::vector<Descriptor> shipped(const char* folder) {
  std::vector<Descriptor> descriptors;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(SHIPPED_DESCRIPTORS) / folder)) {
    Reading reading = read(test::read_file(entry.path()));
    EXPECT_THAT(reading.messages, IsEmpty()) << entry.path();
    descriptors.push_back(std::move(reading.descriptor));
  }
  return descriptors;
}

TEST(ConfigPage, lists_the_configs_that_are_shipped) {
  const std::string page = test::read_file(CONFIG_PAGE);
  std::size_t found = 0;
  for (const Descriptor& descriptor : shipped("config")) {
    for (const auto& config : descriptor.configs) {
      std::string kinds;
      for (const auto& kind : config.resources) kinds.append(kinds.empty() ? "`" : ", `").append(kind.text).append("`");
      EXPECT_THAT(page, HasSubstr("\n| `" + config.category.text + "." + config.name.text + "` | `" +
                                  config.default_value.text + "` | " + kinds + " | " + config.description + " |\n"));
      ++found;
    }
  }
  EXPECT_GT(found, 0U);
}

TEST(TagsPage, lists_the_patterns_that_are_shipped) {
  const std::string page = test::read_file(TAGS_PAGE);
  std::size_t found = 0;
  for (const Descriptor& descriptor : shipped("tags")) {
    for (const auto& tag : descriptor.tags) {
      EXPECT_THAT(page, HasSubstr("\n| `" + tag.resource.text + "` | `" + tag.pattern.text + "` | "));
      EXPECT_THAT(page, HasSubstr(" | " + tag.description + " |\n"));
      ++found;
    }
  }
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace tenon::descriptor
