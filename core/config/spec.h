#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/value_rule.h"

namespace tenon::config {

/// One config as its descriptor defines it, checked.
struct ConfigSpec {
  std::string category;
  std::string name;
  std::string description;
  ValueRule rule;
  std::string default_text;
  ConfigValue default_value;
  /// The kinds of resources that may have a value of their own.
  std::vector<std::string> resources;
  descriptor::Place place;
  descriptor::Place default_place;

  /// Wherever they are defined.
  [[nodiscard]] bool operator==(const ConfigSpec& other) const {
    return category == other.category && name == other.name && description == other.description &&
           rule.kind() == other.rule.kind() && rule.expected() == other.rule.expected() &&
           default_text == other.default_text && resources == other.resources;
  }
};

/// `wall.look.interval`, for messages.
[[nodiscard]] inline std::string full_name(std::string_view category, std::string_view name) {
  return std::string(category) + "." + std::string(name);
}

}  // namespace tenon::config
