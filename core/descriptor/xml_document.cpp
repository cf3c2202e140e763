#include "descriptor/xml_document.h"

#include "descriptor/xml_syntax.h"

#include <algorithm>
#include <cctype>

namespace tenon::descriptor {
namespace {

/// Entities and line ends are decoded here, where a wrong one gets its place; pugixml would let it pass.
constexpr unsigned kParseOptions =
    pugi::parse_cdata | pugi::parse_declaration | pugi::parse_doctype | pugi::parse_fragment;

bool is_text(pugi::xml_node node) { return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata; }

bool same_encoding(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](unsigned char l, unsigned char r) { return std::toupper(l) == r; });
}

}  // namespace

XmlDocument::XmlDocument(std::string_view file, std::string_view text) : source_(file, text) {}

std::unique_ptr<XmlDocument> XmlDocument::parse(std::string_view file, std::string_view text,
                                                Diagnostics& diagnostics) {
  std::unique_ptr<XmlDocument> document(new XmlDocument(file, text));
  if (!document->source_.check(diagnostics) || !document->load(diagnostics) || !document->check_prolog(diagnostics))
    return nullptr;
  const pugi::xml_node root = document->root();
  const bool valid = document->check_depth(root, 1, diagnostics) && document->decode(root, diagnostics);
  return valid ? std::move(document) : nullptr;
}

bool XmlDocument::load(Diagnostics& diagnostics) {
  const std::string_view text = source_.text();
  buffer_.assign(text);
  // With its final NUL: pugixml would overwrite the last character otherwise.
  const auto parsed =
      document_.load_buffer_inplace(buffer_.data(), buffer_.size() + 1, kParseOptions, pugi::encoding_utf8);
  if (parsed) return true;
  const auto offset = std::min(static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)), text.size());
  const SyntaxError error = explain(source_, parsed.status, offset);
  diagnostics.error(source_.place(error.offset), error.message);
  return false;
}

bool XmlDocument::check_prolog(Diagnostics& diagnostics) const {
  const auto refuse = [&](Place place, std::string message) {
    diagnostics.error(std::move(place), std::move(message));
    return false;
  };
  bool has_root = false;
  for (const pugi::xml_node node : document_.children()) {
    if (node.type() == pugi::node_doctype) {
      const auto end = static_cast<std::size_t>(node.offset_debug());
      return refuse(source_.place(source_.text().rfind("<!DOCTYPE", end)), std::string(kDoctypeRefused));
    }
    const std::string_view encoding = node.type() == pugi::node_declaration ? node.attribute("encoding").value() : "";
    if (!encoding.empty() && !same_encoding(encoding, "UTF-8") && !same_encoding(encoding, "US-ASCII")) {
      return refuse(place(node.attribute("encoding")),
                    "the encoding '" + std::string(encoding) + "' is not supported; only UTF-8 is read");
    }
    if (is_text(node)) return refuse(place(node), "text outside the root element");
    if (node.type() != pugi::node_element) continue;
    if (has_root) return refuse(place(node), "a second root element: the file ends with the first");
    has_root = true;
  }
  return has_root || refuse(source_.place(0), "the file is empty: there is no element in it");
}

bool XmlDocument::check_depth(pugi::xml_node element, std::size_t depth, Diagnostics& diagnostics) const {
  if (depth > kDeepestElement) {
    diagnostics.error(place(element), "elements are nested more than " + std::to_string(kDeepestElement) + " deep");
    return false;
  }
  return std::ranges::all_of(element.children(), [&](pugi::xml_node child) {
    return child.type() != pugi::node_element || check_depth(child, depth + 1, diagnostics);
  });
}

/// Goes on after a wrong entity, so that all are reported.
bool XmlDocument::decode(pugi::xml_node element, Diagnostics& diagnostics) {
  bool valid = true;
  for (const pugi::xml_attribute attribute : element.attributes())
    valid = decode_value(attribute, true, diagnostics) && valid;
  for (const pugi::xml_node child : element.children()) {
    if (child.type() == pugi::node_pcdata) valid = decode_value(child, false, diagnostics) && valid;
    if (child.type() == pugi::node_element) valid = decode(child, diagnostics) && valid;
  }
  return valid;
}

template <typename Holder>
bool XmlDocument::decode_value(Holder holder, bool is_attribute, Diagnostics& diagnostics) {
  const std::string_view raw = holder.value();
  if (raw.find_first_of("&<\r\n\t") == std::string_view::npos) return true;
  DecodedText decoded = decode_entities(raw, is_attribute);
  if (!decoded.problem.empty()) {
    const auto begin = static_cast<std::size_t>(raw.data() - buffer_.data());
    diagnostics.error(source_.place(begin + decoded.offset), std::move(decoded.problem));
    return false;
  }
  return holder.set_value(decoded.text.c_str());
}

Place XmlDocument::place(pugi::xml_node node) const {
  const bool text = is_text(node);
  auto offset = static_cast<std::size_t>((text ? node.value() : node.name()) - buffer_.data());
  if (text) {
    offset = std::min(source_.text().find_first_not_of(" \t\r\n", offset), source_.text().size());
  } else {
    --offset;
  }
  return source_.place(offset);
}

Place XmlDocument::place(pugi::xml_attribute attribute) const {
  return source_.place(static_cast<std::size_t>(attribute.name() - buffer_.data()));
}

}  // namespace tenon::descriptor
