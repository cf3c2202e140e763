#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descriptor/properties.h"

namespace tenon::config {

/// A global property that the node or a plugin declares.
struct DeclaredProperty {
  std::string name;
  /// `duration`.
  std::string type;
  /// `a duration such as 10s from 1s to 1h`.
  std::string expected;
  std::optional<std::string> default_text;
  std::string description;
  /// The plugin, or `node`.
  std::string owner;
  descriptor::Place place;
  /// Its value may hold a password, and is not shown.
  bool secret = false;
};

/// A property with all that was given to it.
struct PropertyView {
  struct Level {
    /// As written.
    std::string value;
    /// `/etc/tenon/tenon.properties:3:1`, `--set NAME`, `environment variable TENON_…`, or of the default where it is
    /// declared.
    std::string source;
    bool is_default = false;
  };
  /// Null for one that is set, and that nobody declares.
  const DeclaredProperty* declared = nullptr;
  std::string name;
  /// What counts, references replaced; nothing if it has no default and is not set.
  std::optional<std::string> value;
  /// What counts last.
  std::vector<Level> levels;
};

/// The properties of a load, for whoever looks at them. Immutable; any thread may read.
class PropertyTable {
 public:
  PropertyTable() = default;
  PropertyTable(std::vector<DeclaredProperty> declared, descriptor::Properties values);

  /// All that are declared or set, by name.
  [[nodiscard]] std::vector<PropertyView> list() const;
  [[nodiscard]] std::optional<PropertyView> find(std::string_view name) const;

 private:
  [[nodiscard]] PropertyView view(std::string name) const;

  /// By name.
  std::vector<DeclaredProperty> declared_;
  descriptor::Properties values_;
};

}  // namespace tenon::config
