#pragma once

#include "descriptor/source_text.h"

#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace tenon::descriptor {

/// Elements deeper than this are an error.
inline constexpr std::size_t kDeepestElement = 64;

/// A well-formed XML document, its elements and attributes with their places. pugixml parses; what it lets pass and XML
/// does not (several roots, text beside the root, unknown entities, NUL references) is refused here. Document type
/// declarations are refused: a descriptor has no entities of its own, so it cannot grow while it is read.
class XmlDocument {
 public:
  /// Nothing if there is no well-formed document; `diagnostics` then says why. `text` must outlive the document.
  [[nodiscard]] static std::unique_ptr<XmlDocument> parse(std::string_view file, std::string_view text,
                                                          Diagnostics& diagnostics);

  [[nodiscard]] pugi::xml_node root() const { return document_.document_element(); }

  /// Where the `<` of the element stands; of a text the first character that is not blank.
  [[nodiscard]] Place place(pugi::xml_node node) const;
  /// Where the attribute's name begins.
  [[nodiscard]] Place place(pugi::xml_attribute attribute) const;

 private:
  XmlDocument(std::string_view file, std::string_view text);

  [[nodiscard]] bool load(Diagnostics& diagnostics);
  [[nodiscard]] bool check_prolog(Diagnostics& diagnostics) const;
  [[nodiscard]] bool check_depth(pugi::xml_node element, std::size_t depth, Diagnostics& diagnostics) const;
  /// Replaces the entities in all values of the element and below it.
  [[nodiscard]] bool decode(pugi::xml_node element, Diagnostics& diagnostics);
  template <typename Holder>
  bool decode_value(Holder holder, bool is_attribute, Diagnostics& diagnostics);

  SourceText source_;
  /// pugixml parses in place: its names and values point into this copy, which gives their places.
  std::string buffer_;
  pugi::xml_document document_;
};

}  // namespace tenon::descriptor
