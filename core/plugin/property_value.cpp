#include "plugin/property_value.h"

#include <cstdint>
#include <utility>

#include "descriptor/units.h"

namespace tenon::plugin {
namespace {

using descriptor::Diagnostics;
using descriptor::kDurationUnits;
using descriptor::kSizeUnits;
using descriptor::Unit;
using descriptor::ValueNode;
using Kind = PropertyType::Kind;

std::string in_unit(const PropertyType& type, std::int64_t value) {
  if (type.kind == Kind::kSize) {
    for (auto unit = kSizeUnits.rbegin(); unit != kSizeUnits.rend(); ++unit) {
      if (value != 0 && value % unit->factor == 0)
        return std::to_string(value / unit->factor) + std::string(unit->name);
    }
  } else if (type.kind == Kind::kDuration) {
    for (const Unit& unit : kDurationUnits) {
      if (unit.factor == type.tick) return std::to_string(value) + std::string(unit.name);
    }
    return std::to_string(value * type.tick) + "ns";
  }
  return std::to_string(value);
}

std::string range(const PropertyType& type) {
  const bool below = type.min > INT64_MIN && !(type.min == 0 && type.kind != Kind::kInteger);
  const bool above = type.max < INT64_MAX;
  if (below && above) return " from " + in_unit(type, type.min) + " to " + in_unit(type, type.max);
  if (below) return " of at least " + in_unit(type, type.min);
  if (above) return " of at most " + in_unit(type, type.max);
  return {};
}

class Reader {
 public:
  Reader(std::string_view what, const FindReference& find, Diagnostics& diagnostics)
      : what_(what), find_(find), diagnostics_(diagnostics) {}

  std::optional<PropertyValue> read(const ValueNode& node, const PropertyType& type) {
    if (node.kind == ValueNode::Kind::kReference) return read_reference(node, type);
    switch (type.kind) {
      case Kind::kList: return read_list(node, type);
      case Kind::kMap: return read_map(node, type);
      case Kind::kReference: return wrong(node, type);
      case Kind::kChain: return read_chain(node, type);
      default: return read_scalar(node, type);
    }
  }

 private:
  static std::string found(const ValueNode& node) {
    switch (node.kind) {
      case ValueNode::Kind::kText: return "'" + node.text + "'";
      case ValueNode::Kind::kReference: return "a reference to '" + node.text + "'";
      case ValueNode::Kind::kList: return "a list";
      case ValueNode::Kind::kMap: return "a map";
    }
    return {};
  }

  std::optional<PropertyValue> wrong(const ValueNode& node, const PropertyType& type) {
    diagnostics_.error(node.place, std::string(what_) + ": expected " + describe(type) + ", found " + found(node));
    return std::nullopt;
  }

  std::optional<PropertyValue> read_reference(const ValueNode& node, const PropertyType& type) {
    const ReferenceTarget target = find_(node.text);
    if (target.value != nullptr) return read(*target.value, type);
    if (target.bean_class == nullptr) return std::nullopt;
    if (type.kind != Kind::kReference) return wrong(node, type);
    for (const InterfaceEntry& interface : target.bean_class->interfaces) {
      if (interface.id != type.interface) continue;
      PropertyValue value;
      value.scalar = target.object != nullptr ? interface.cast(target.object) : nullptr;
      return value;
    }
    diagnostics_.error(node.place, std::string(what_) + ": bean '" + node.text + "' of class '" +
                                       target.bean_class->name + "' does not implement " + type.interface);
    return std::nullopt;
  }

  std::optional<PropertyValue> read_list(const ValueNode& node, const PropertyType& type) {
    if (node.kind != ValueNode::Kind::kList) return wrong(node, type);
    PropertyValue list;
    bool whole = true;
    for (const ValueNode& child : node.items) {
      std::optional<PropertyValue> item = read(child, type.item.front());
      whole = whole && item;
      if (item) list.items.push_back(std::move(*item));
    }
    return whole ? std::optional(std::move(list)) : std::nullopt;
  }

  /// Without its slot, which is not a matter of the text.
  std::optional<PropertyValue> read_chain(const ValueNode& node, const PropertyType& type) {
    if (node.kind != ValueNode::Kind::kList) return wrong(node, type);
    PropertyValue chain;
    bool whole = true;
    for (const ValueNode& child : node.items) {
      if (child.kind != ValueNode::Kind::kText || child.text.empty()) {
        diagnostics_.error(child.place, std::string(what_) + ": expected the class of a flow, found " + found(child));
        whole = false;
      }
      PropertyValue& name = chain.items.emplace_back();
      name.scalar = child.text;
    }
    return whole ? std::optional(std::move(chain)) : std::nullopt;
  }

  std::optional<PropertyValue> read_map(const ValueNode& node, const PropertyType& type) {
    if (node.kind != ValueNode::Kind::kMap) return wrong(node, type);
    PropertyValue map;
    bool whole = true;
    for (const auto& [key, child] : node.entries) {
      std::optional<PropertyValue> item = read(child, type.item.front());
      whole = whole && item;
      if (!item) continue;
      map.keys.push_back(key.text);
      map.items.push_back(std::move(*item));
    }
    return whole ? std::optional(std::move(map)) : std::nullopt;
  }

  std::optional<PropertyValue> read_scalar(const ValueNode& node, const PropertyType& type) {
    if (node.kind != ValueNode::Kind::kText) return wrong(node, type);
    PropertyValue value;
    switch (type.kind) {
      case Kind::kString: value.scalar = node.text; return value;
      case Kind::kBool:
        if (node.text != "true" && node.text != "false") return wrong(node, type);
        value.scalar = node.text == "true";
        return value;
      case Kind::kNumber: {
        const std::optional<double> number = descriptor::parse_number(node.text);
        if (!number) return wrong(node, type);
        value.scalar = *number;
        return value;
      }
      default: break;
    }

    std::optional<std::int64_t> number;
    if (type.kind == Kind::kInteger) {
      number = descriptor::parse_integer(node.text);
    } else if (type.kind == Kind::kSize) {
      number = descriptor::parse_with_unit(node.text, kSizeUnits);
    } else {
      number = descriptor::parse_with_unit(node.text, kDurationUnits);
      if (number && *number % type.tick != 0) number.reset();
      if (number) *number /= type.tick;
    }
    if (!number || *number < type.min || *number > type.max) return wrong(node, type);
    value.scalar = *number;
    return value;
  }

  std::string_view what_;
  const FindReference& find_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<PropertyValue> read_property(const ValueNode& node, const PropertyType& type, std::string_view what,
                                           const FindReference& find, Diagnostics& diagnostics) {
  return Reader(what, find, diagnostics).read(node, type);
}

std::optional<std::vector<descriptor::Text>> listed_flows(const ValueNode& node, const FindReference& find) {
  if (node.kind == ValueNode::Kind::kReference) {
    const ReferenceTarget target = find(node.text);
    return target.value != nullptr ? listed_flows(*target.value, find) : std::nullopt;
  }
  if (node.kind != ValueNode::Kind::kList) return std::nullopt;
  std::vector<descriptor::Text> flows;
  for (const ValueNode& child : node.items) {
    if (child.kind != ValueNode::Kind::kText || child.text.empty()) return std::nullopt;
    flows.push_back({child.place, child.text});
  }
  return flows;
}

std::string describe(const PropertyType& type) {
  switch (type.kind) {
    case Kind::kString: return "a text";
    case Kind::kInteger: return "an integer" + range(type);
    case Kind::kNumber: return "a number";
    case Kind::kBool: return "true or false";
    case Kind::kDuration: {
      for (const Unit& unit : kDurationUnits) {
        if (unit.factor == type.tick) {
          return "a duration such as 10" + std::string(unit.name) + range(type);
        }
      }
      return "a duration" + range(type);
    }
    case Kind::kSize: return "a size such as 512M" + range(type);
    case Kind::kList: return "a list (each item " + describe(type.item.front()) + ")";
    case Kind::kMap: return "a map (each entry " + describe(type.item.front()) + ")";
    case Kind::kChain: return "a list of flows";
    case Kind::kReference: return "a reference to a bean that implements " + type.interface;
  }
  return {};
}

}  // namespace tenon::plugin
