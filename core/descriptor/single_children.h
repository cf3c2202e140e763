#pragma once

#include "descriptor/element_reader.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::descriptor {

/// The child elements of one element that may stand once and hold text: `<name>wall.paint</name>`.
class SingleChildren {
 public:
  /// `element` is the name that messages call the element by. All must outlive this.
  SingleChildren(std::string_view element, Place place, ElementReader& elements, Diagnostics& diagnostics)
      : element_(element), place_(std::move(place)), elements_(elements), diagnostics_(diagnostics) {}

  /// Takes the child's text. One that is empty or given before is an error.
  void read(pugi::xml_node child);
  /// Nothing if it is not there.
  [[nodiscard]] std::optional<Text> find(std::string_view name) const;
  /// One that must be there: if not, that is an error at the element, unless `complete` is false, and it is empty.
  [[nodiscard]] Text require(std::string_view name, bool complete) const;
  /// A text for people, in one line; empty if it is not there.
  [[nodiscard]] std::string prose(std::string_view name) const;

 private:
  std::string_view element_;
  Place place_;
  ElementReader& elements_;
  Diagnostics& diagnostics_;
  std::map<std::string, Text, std::less<>> texts_;
};

/// Words with one blank between them.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace tenon::descriptor
