#pragma once

#include "descriptor/definitions.h"
#include "descriptor/element_rules.h"
#include "descriptor/properties.h"
#include "descriptor/xml_document.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::descriptor {

/// `bean` of `tenon:bean`.
[[nodiscard]] std::string_view local_name(std::string_view name);

/// The words of one attribute, with any of `separators` between them.
[[nodiscard]] std::vector<Text> split(const Text& words, std::string_view separators);

/// The attributes of one element, checked against its rule, their properties replaced. One that is missing or wrong has
/// an empty text here: its error is reported.
class Attributes {
 public:
  /// Nothing if the attribute is not there.
  [[nodiscard]] std::optional<Text> find(std::string_view name) const;
  /// A required one; its place is the element's if it is missing.
  [[nodiscard]] Text get(std::string_view name) const;
  /// Whether the element rests on something of Spring that Tenon does not have, and is to be skipped; that was warned
  /// of.
  [[nodiscard]] bool skipped() const noexcept { return skipped_; }
  /// False if there were unknown ones: then do not complain that something is missing.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  friend class ElementReader;
  Place element_;
  bool complete_ = true;
  bool skipped_ = false;
  std::vector<std::pair<std::string_view, Text>> list_;
};

/// The child elements that an element's rule allows.
struct Children {
  std::vector<pugi::xml_node> elements;
  /// Whether there was nothing else: if not, do not complain that something is missing.
  bool complete = true;
};

/// Checks elements against their rules: each helper here serves every element.
class ElementReader {
 public:
  ElementReader(const XmlDocument& document, const Properties& properties, Diagnostics& diagnostics)
      : document_(document), properties_(properties), diagnostics_(diagnostics) {}

  [[nodiscard]] Attributes attributes(pugi::xml_node element, const ElementRule& rule);
  [[nodiscard]] Children children(pugi::xml_node element, const ElementRule& rule);
  /// The attributes of an element that has nothing else.
  [[nodiscard]] Attributes leaf(pugi::xml_node element, const ElementRule& rule);
  /// The text of an element that holds text, without blanks around it, its properties replaced.
  [[nodiscard]] Text text(pugi::xml_node element);

  [[nodiscard]] Place place(pugi::xml_node element) const { return document_.place(element); }

 private:
  [[nodiscard]] Text substituted(std::string_view raw, const Place& place);
  /// Whether the attribute is one of Spring's, and warned of if it means anything.
  [[nodiscard]] bool pass_spring_attribute(pugi::xml_node element, pugi::xml_attribute attribute,
                                           const ElementRule& rule);
  void read_attribute(pugi::xml_attribute attribute, const ElementRule& rule, Attributes& attributes,
                      std::vector<std::string_view>& unknown);
  /// Whether the element shall be skipped because something of Spring stands where `missing` should.
  [[nodiscard]] bool replaced_by_spring(pugi::xml_node element, const ElementRule& rule, std::string_view missing);
  void warn_of_spring(const Place& place, std::string_view name, std::string_view skipped);

  static constexpr std::size_t kMostGrown = std::size_t{16} * 1024 * 1024;

  const XmlDocument& document_;
  /// By how much properties have made the texts longer so far.
  std::size_t grown_ = 0;
  bool overgrown_ = false;
  const Properties& properties_;
  Diagnostics& diagnostics_;
};

}  // namespace tenon::descriptor
