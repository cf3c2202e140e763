#pragma once

#include "descriptor/element_reader.h"

#include <optional>
#include <string>

namespace tenon::descriptor {

/// Reads values: of properties, of lists and of maps.
class ValueReader {
 public:
  ValueReader(ElementReader& elements, Diagnostics& diagnostics) : elements_(elements), diagnostics_(diagnostics) {}

  /// `<value>`, `<ref>`, `<list>`, `<map>` or `<props>`. Nothing if it is to be skipped.
  [[nodiscard]] std::optional<ValueNode> value(pugi::xml_node element);
  /// `<util:list id="…">` and `<util:map id="…">`.
  [[nodiscard]] std::optional<NamedValueDefinition> named(pugi::xml_node element);
  [[nodiscard]] std::optional<PropertyDefinition> property(pugi::xml_node element);

 private:
  /// The one value of a property or entry: its attribute `value`, its attribute `reference`, or its child element. None
  /// is an error, so is a second; `name` is the one to tell it by.
  [[nodiscard]] std::optional<ValueNode> only_value(pugi::xml_node element, const ElementRule& rule,
                                                    const Attributes& attributes, std::string_view reference,
                                                    const Text& name);
  /// The items of a list, the entries of a map.
  void fill_list(ValueNode& list, pugi::xml_node element, const ElementRule& rule);
  void fill_map(ValueNode& map, pugi::xml_node element, const ElementRule& rule);
  void fill_props(ValueNode& props, pugi::xml_node element);

  ElementReader& elements_;
  Diagnostics& diagnostics_;
};

}  // namespace tenon::descriptor
