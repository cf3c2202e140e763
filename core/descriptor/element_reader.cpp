#include "descriptor/element_reader.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace tenon::descriptor {
namespace {

std::string_view prefix(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
}

/// Prefixes that documents of Spring use for its namespaces: what they hold is not for Tenon.
bool is_spring_prefix(std::string_view prefix) {
  constexpr std::array<std::string_view, 14> kPrefixes{"aop",  "c",   "cache", "context", "jdbc", "jee", "jms",
                                                       "lang", "mvc", "oxm",   "p",       "task", "tx",  "websocket"};
  return std::ranges::find(kPrefixes, prefix) != kPrefixes.end();
}

bool is_declaration(std::string_view attribute) {
  return attribute == "xmlns" || prefix(attribute) == "xmlns" || prefix(attribute) == "xsi";
}

bool is_listed(std::string_view word, std::string_view blank_separated) {
  while (!blank_separated.empty()) {
    const auto end = std::min(blank_separated.find(' '), blank_separated.size());
    if (blank_separated.substr(0, end) == word) return true;
    blank_separated.remove_prefix(std::min(end + 1, blank_separated.size()));
  }
  return false;
}

template <typename Rules>
auto find_rule(const Rules& rules, std::string_view name) {
  const auto found = std::ranges::find_if(rules, [&](const auto& rule) { return rule.name == name; });
  return found == rules.end() ? nullptr : &*found;
}

std::string tag(std::string_view name) { return "<" + std::string(name) + ">"; }
std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

}  // namespace

std::string_view local_name(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::vector<Text> split(const Text& words, std::string_view separators) {
  std::vector<Text> list;
  std::string_view rest = words.text;
  while (true) {
    const auto begin = rest.find_first_not_of(separators);
    if (begin == std::string_view::npos) return list;
    rest.remove_prefix(begin);
    const auto end = std::min(rest.find_first_of(separators), rest.size());
    list.push_back({words.place, std::string(rest.substr(0, end))});
    rest.remove_prefix(end);
  }
}

std::optional<Text> Attributes::find(std::string_view name) const {
  const auto found = std::ranges::find(list_, name, &std::pair<std::string_view, Text>::first);
  return found == list_.end() ? std::nullopt : std::optional(found->second);
}

Text Attributes::get(std::string_view name) const { return find(name).value_or(Text{element_, {}}); }

Attributes ElementReader::attributes(pugi::xml_node element, const ElementRule& rule) {
  Attributes attributes;
  attributes.element_ = document_.place(element);
  std::set<std::string_view> seen;
  std::vector<std::string_view> unknown;
  for (const pugi::xml_attribute attribute : element.attributes()) {
    if (diagnostics_.full()) break;
    const std::string_view name = attribute.name();
    if (!seen.insert(name).second) {
      diagnostics_.error(document_.place(attribute),
                         "attribute " + quoted(name) + " of " + tag(rule.name) + " is given twice");
    } else if (!is_declaration(name) && !pass_spring_attribute(element, attribute, rule)) {
      read_attribute(attribute, rule, attributes, unknown);
    }
  }
  attributes.complete_ = unknown.empty();
  for (const AttributeRule& expected : rule.attributes) {
    if (expected.presence == Presence::kOptional || attributes.find(expected.name)) continue;
    if (replaced_by_spring(element, rule, expected.name)) {
      attributes.skipped_ = true;
      return attributes;
    }
    const std::vector<std::string> candidate{std::string(expected.name)};
    const bool misspelt =
        std::ranges::any_of(unknown, [&](std::string_view name) { return !suggestion(name, candidate).empty(); });
    if (!misspelt)
      diagnostics_.error(attributes.element_, tag(rule.name) + " needs the attribute " + quoted(expected.name));
  }
  return attributes;
}

void ElementReader::read_attribute(pugi::xml_attribute attribute, const ElementRule& rule, Attributes& attributes,
                                   std::vector<std::string_view>& unknown) {
  const std::string_view name = attribute.name();
  const Place place = document_.place(attribute);
  const AttributeRule* known = find_rule(rule.attributes, name);
  if (known == nullptr) {
    std::vector<std::string> candidates;
    for (const AttributeRule& candidate : rule.attributes) candidates.emplace_back(candidate.name);
    const std::string_view local = local_name(name);
    diagnostics_.error(place,
                       "unknown attribute " + quoted(name) + " of " + tag(rule.name) + suggestion(local, candidates));
    unknown.push_back(local);
    return;
  }
  const std::size_t errors = diagnostics_.errors();
  Text value = substituted(attribute.value(), place);
  if (known->content == Content::kNotEmpty && diagnostics_.errors() == errors && trimmed(value.text).empty())
    diagnostics_.error(place, "attribute " + quoted(name) + " of " + tag(rule.name) + " is empty");
  attributes.list_.emplace_back(known->name, std::move(value));
}

bool ElementReader::pass_spring_attribute(pugi::xml_node element, pugi::xml_attribute attribute,
                                          const ElementRule& rule) {
  const std::string_view name = attribute.name();
  const SpringRule* known = find_rule(rule.spring_attributes, name);
  if (known == nullptr && !is_spring_prefix(prefix(name))) return false;
  if (known != nullptr && is_listed(attribute.value(), known->harmless)) return true;
  const bool skips =
      known != nullptr && !known->stands_for.empty() && !element.attribute(std::string(known->stands_for).c_str());
  warn_of_spring(document_.place(attribute), name, skips ? rule.name : std::string_view());
  return true;
}

bool ElementReader::replaced_by_spring(pugi::xml_node element, const ElementRule& rule, std::string_view missing) {
  for (const SpringRule& spring : rule.spring_attributes) {
    const pugi::xml_attribute attribute = element.attribute(std::string(spring.name).c_str());
    // The warning was given when the attribute was met.
    if (spring.stands_for == missing && attribute && !is_listed(attribute.value(), spring.harmless)) return true;
  }
  for (const pugi::xml_node child : element.children()) {
    const SpringRule* spring = find_rule(rule.spring_children, local_name(child.name()));
    if (spring == nullptr || spring->stands_for != missing) continue;
    warn_of_spring(document_.place(child), child.name(), rule.name);
    return true;
  }
  return false;
}

void ElementReader::warn_of_spring(const Place& place, std::string_view name, std::string_view skipped) {
  const std::string what = "Spring's " + quoted(name) + " is not supported";
  diagnostics_.warning(place,
                       what + (skipped.empty() ? " and has no effect here" : ": this " + tag(skipped) + " is skipped"));
}

Children ElementReader::children(pugi::xml_node element, const ElementRule& rule) {
  Children children;
  for (const pugi::xml_node child : element.children()) {
    if (diagnostics_.full()) break;
    const std::string_view local = local_name(child.name());
    if (child.type() != pugi::node_element) {
      if (rule.holds_text || trimmed(child.value()).empty()) continue;
      diagnostics_.error(document_.place(child), "text in " + tag(rule.name) + ", where none belongs");
      children.complete = false;
    } else if (is_spring_prefix(prefix(child.name())) || find_rule(rule.spring_children, local) != nullptr) {
      warn_of_spring(document_.place(child), child.name(), {});
      children.complete = false;
    } else if (std::ranges::find(rule.children, local) != rule.children.end()) {
      children.elements.push_back(child);
    } else if (local != "description") {
      const std::vector<std::string> candidates(rule.children.begin(), rule.children.end());
      diagnostics_.error(document_.place(child), "unknown element " + quoted(child.name()) + " in " + tag(rule.name) +
                                                     suggestion(local, candidates));
      children.complete = false;
    }
  }
  return children;
}

Attributes ElementReader::leaf(pugi::xml_node element, const ElementRule& rule) {
  Attributes found = attributes(element, rule);
  if (!found.skipped()) static_cast<void>(children(element, rule));
  return found;
}

Text ElementReader::text(pugi::xml_node element) {
  std::string raw;
  for (const pugi::xml_node child : element.children()) raw += child.value();
  return substituted(trimmed(raw), document_.place(element));
}

Text ElementReader::substituted(std::string_view raw, const Place& place) {
  const std::size_t errors = diagnostics_.errors();
  std::string text = properties_.substitute(raw, place, diagnostics_);
  // Each text by itself may be harmless; all together would fill the memory.
  if (text.size() > raw.size()) grown_ += text.size() - raw.size();
  if (grown_ > kMostGrown) {
    if (!overgrown_) diagnostics_.error(place, "the properties in this file make it longer by more than 16 MiB");
    overgrown_ = true;
    return {place, {}};
  }
  if (diagnostics_.errors() > errors) text.clear();
  return {place, std::move(text)};
}

}  // namespace tenon::descriptor
