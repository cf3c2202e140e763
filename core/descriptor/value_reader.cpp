#include "descriptor/value_reader.h"

#include "descriptor/first_places.h"

#include <utility>
#include <vector>

namespace tenon::descriptor {
namespace {

ValueNode text_node(Text text) {
  ValueNode node;
  node.place = std::move(text.place);
  node.text = std::move(text.text);
  return node;
}

ValueNode reference_node(Text id) {
  ValueNode node = text_node(std::move(id));
  node.kind = ValueNode::Kind::kReference;
  return node;
}

ValueNode empty_node(ValueNode::Kind kind, Place place) {
  ValueNode node;
  node.kind = kind;
  node.place = std::move(place);
  return node;
}

}  // namespace

std::optional<ValueNode> ValueReader::value(pugi::xml_node element) {
  const std::string_view name = local_name(element.name());
  const ElementRule& rule = name == "list"    ? rules::kList
                            : name == "map"   ? rules::kMap
                            : name == "props" ? rules::kProps
                            : name == "ref"   ? rules::kRef
                                              : rules::kValue;
  const auto attributes = elements_.attributes(element, rule);
  if (attributes.skipped()) return std::nullopt;
  ValueNode node = empty_node(ValueNode::Kind::kMap, elements_.place(element));
  if (name == "list") {
    node.kind = ValueNode::Kind::kList;
    fill_list(node, element, rule);
  } else if (name == "map") {
    fill_map(node, element, rule);
  } else if (name == "props") {
    fill_props(node, element);
  } else if (!elements_.children(element, rule).complete) {
    return std::nullopt;
  } else {
    return name == "ref" ? reference_node(attributes.get("bean")) : text_node(elements_.text(element));
  }
  return node;
}

std::optional<NamedValueDefinition> ValueReader::named(pugi::xml_node element) {
  const bool is_list = local_name(element.name()) == "list";
  const ElementRule& rule = is_list ? rules::kNamedList : rules::kNamedMap;
  const auto attributes = elements_.attributes(element, rule);
  if (attributes.skipped()) return std::nullopt;
  NamedValueDefinition named{attributes.get("id"), {}};
  named.value = empty_node(is_list ? ValueNode::Kind::kList : ValueNode::Kind::kMap, elements_.place(element));
  if (is_list) {
    fill_list(named.value, element, rule);
  } else {
    fill_map(named.value, element, rule);
  }
  return named;
}

std::optional<PropertyDefinition> ValueReader::property(pugi::xml_node element) {
  const auto attributes = elements_.attributes(element, rules::kProperty);
  if (attributes.skipped()) return std::nullopt;
  Text name = attributes.get("name");
  auto value = only_value(element, rules::kProperty, attributes, "ref", name);
  if (!value) return std::nullopt;
  return PropertyDefinition{std::move(name), *std::move(value)};
}

std::optional<ValueNode> ValueReader::only_value(pugi::xml_node element, const ElementRule& rule,
                                                 const Attributes& attributes, std::string_view reference,
                                                 const Text& name) {
  const std::string owner = std::string(rule.name) + (name.text.empty() ? std::string() : " '" + name.text + "'");
  std::vector<ValueNode> values;
  if (auto text = attributes.find("value")) values.push_back(text_node(*std::move(text)));
  if (auto id = attributes.find(reference)) values.push_back(reference_node(*std::move(id)));
  const Children children = elements_.children(element, rule);
  bool skipped = !children.complete || !attributes.complete();
  for (const pugi::xml_node child : children.elements) {
    if (auto read = value(child)) {
      values.push_back(*std::move(read));
    } else {
      skipped = true;
    }
  }
  if (values.empty()) {
    if (!skipped)
      diagnostics_.error(elements_.place(element), owner + " needs a value: the attribute 'value' or '" +
                                                       std::string(reference) + "', or an element within");
    return std::nullopt;
  }
  if (values.size() > 1)
    diagnostics_.error(values[1].place, owner + " has a value already at " + values[0].place.to_string());
  return std::move(values.front());
}

void ValueReader::fill_list(ValueNode& list, pugi::xml_node element, const ElementRule& rule) {
  for (const pugi::xml_node child : elements_.children(element, rule).elements) {
    if (auto item = value(child)) list.items.push_back(*std::move(item));
  }
}

void ValueReader::fill_map(ValueNode& map, pugi::xml_node element, const ElementRule& rule) {
  FirstPlaces keys("key", diagnostics_);
  for (const pugi::xml_node entry : elements_.children(element, rule).elements) {
    const auto attributes = elements_.attributes(entry, rules::kEntry);
    if (attributes.skipped()) continue;
    Text key = attributes.get("key");
    auto value = only_value(entry, rules::kEntry, attributes, "value-ref", key);
    if (keys.is_new(key) && value) map.entries.emplace_back(std::move(key), *std::move(value));
  }
}

void ValueReader::fill_props(ValueNode& props, pugi::xml_node element) {
  FirstPlaces keys("key", diagnostics_);
  for (const pugi::xml_node prop : elements_.children(element, rules::kProps).elements) {
    const auto attributes = elements_.attributes(prop, rules::kProp);
    if (attributes.skipped() || !elements_.children(prop, rules::kProp).complete) continue;
    Text key = attributes.get("key");
    if (keys.is_new(key)) props.entries.emplace_back(std::move(key), text_node(elements_.text(prop)));
  }
}

}  // namespace tenon::descriptor
