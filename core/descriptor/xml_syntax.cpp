#include "descriptor/xml_syntax.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace tenon::descriptor {
namespace {

struct OpenElement {
  std::size_t offset;
  std::string_view name;
};

/// What is open where a parser stopped.
struct Scan {
  std::vector<OpenElement> elements;
  /// Where a comment, section, instruction or tag begins that the text does not close.
  std::optional<std::size_t> unclosed;
};

std::string_view name_at(std::string_view text, std::size_t offset) {
  return text.substr(offset, text.find_first_of(" \t\r\n/>", offset) - offset);
}

/// The offset after the tag's `>`, or npos. Quoted values may hold a `>`.
std::size_t tag_end(std::string_view text, std::size_t offset) {
  char quote = 0;
  for (; offset < text.size(); ++offset) {
    const char letter = text[offset];
    if (quote != 0) {
      if (letter == quote) quote = 0;
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
    } else if (letter == '>') {
      return offset + 1;
    }
  }
  return std::string_view::npos;
}

/// Reads the tags up to `limit`; what stands before it is known to be well-formed.
Scan scan(std::string_view text, std::size_t limit) {
  struct Bracket {
    std::string_view open;
    std::string_view close;
  };
  constexpr std::array kBrackets{Bracket{"<!--", "-->"}, Bracket{"<![CDATA[", "]]>"}, Bracket{"<?", "?>"}};
  Scan result;
  std::size_t offset = text.find('<');
  while (offset < limit) {
    const std::string_view rest = text.substr(offset);
    const auto bracket =
        std::ranges::find_if(kBrackets, [&](const Bracket& candidate) { return rest.starts_with(candidate.open); });
    std::size_t end = std::string_view::npos;
    if (bracket != kBrackets.end()) {
      end = text.find(bracket->close, offset + bracket->open.size());
      if (end != std::string_view::npos) end += bracket->close.size();
    } else {
      end = tag_end(text, offset);
    }
    if (end == std::string_view::npos || end > limit) {
      result.unclosed = offset;
      return result;
    }
    if (bracket == kBrackets.end()) {
      if (!rest.starts_with("</")) {
        if (text[end - 2] != '/') result.elements.push_back({offset, name_at(text, offset + 1)});
      } else if (!result.elements.empty()) {
        result.elements.pop_back();
      }
    }
    offset = text.find('<', end);
  }
  return result;
}

SyntaxError explain_end_tag(const SourceText& source, std::size_t offset) {
  const std::string_view text = source.text();
  // pugixml stops after the "</" of a wrong end tag; elsewhere, the text has ended.
  if (!text.substr(0, offset).ends_with("</")) {
    const Scan open = scan(text, text.size());
    if (open.unclosed) return {*open.unclosed, "this tag is not closed by '>'"};
    if (open.elements.empty()) return {text.size(), "the file ends within an element"};
    const OpenElement& last = open.elements.back();
    return {last.offset, "<" + std::string(last.name) + "> is not closed"};
  }
  const std::size_t tag = offset - 2;
  const std::string found = "</" + std::string(name_at(text, tag + 2)) + ">";
  const Scan open = scan(text, tag);
  if (open.elements.empty()) return {tag, found + " closes nothing"};
  const OpenElement& last = open.elements.back();
  return {tag, found + " does not close <" + std::string(last.name) + "> at " + source.place(last.offset).to_string()};
}

/// Where the construct begins in which the parser stopped, else `offset`.
std::size_t begin_of_unclosed(std::string_view text, std::size_t offset) {
  return scan(text, offset).unclosed.value_or(offset);
}

std::optional<char32_t> character_reference(std::string_view digits) {
  const bool hexadecimal = digits.starts_with('x');
  if (hexadecimal) digits.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != digits.end()) return std::nullopt;
  const bool control = value < 0x20 && value != '\t' && value != '\n' && value != '\r';
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (control || surrogate || value > 0x10FFFF) return std::nullopt;
  return value;
}

/// What `&name;` stands for, or nothing.
std::optional<std::string> entity(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
      {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
  if (name.starts_with('#')) {
    const auto character = character_reference(name.substr(1));
    if (!character) return std::nullopt;
    std::string text;
    append_utf8(text, *character);
    return text;
  }
  const auto found = std::ranges::find(kEntities, name, &std::pair<std::string_view, char>::first);
  return found == kEntities.end() ? std::nullopt : std::optional(std::string(1, found->second));
}

bool is_entity_name(std::string_view name) {
  return !name.empty() && name.find_first_of(" \t\r\n&<>=\"'") == std::string_view::npos;
}

}  // namespace

SyntaxError explain(const SourceText& source, pugi::xml_parse_status status, std::size_t offset) {
  const std::string_view text = source.text();
  switch (status) {
    case pugi::status_no_document_element: return {0, "the file is empty: there is no element in it"};
    case pugi::status_unrecognized_tag:
      if (offset > 0 && text[offset - 1] == '<') --offset;
      return {offset, "this begins no tag; in texts '<' is written '&lt;'"};
    case pugi::status_bad_pi:
      return {begin_of_unclosed(text, offset), "broken XML declaration or processing instruction"};
    case pugi::status_bad_comment: return {begin_of_unclosed(text, offset), "this comment is not closed by '-->'"};
    case pugi::status_bad_cdata: return {begin_of_unclosed(text, offset), "this section is not closed by ']]>'"};
    case pugi::status_bad_doctype: {
      const std::size_t begin = text.rfind("<!DOCTYPE", offset);
      return {begin == std::string_view::npos ? offset : begin, std::string(kDoctypeRefused)};
    }
    case pugi::status_bad_pcdata: return {offset, "broken text"};
    case pugi::status_bad_start_element: return {begin_of_unclosed(text, offset), "this tag is not closed by '>'"};
    case pugi::status_bad_attribute: {
      const char before = offset > 0 ? text[offset - 1] : '\0';
      const bool quoted = before == '"' || before == '\'';
      if (quoted && text.find(before, offset) == std::string_view::npos)
        return {offset - 1, std::string("this value is not closed by ") + before};
      return {offset, "broken attribute: expected name=\"value\""};
    }
    case pugi::status_bad_end_element: return {begin_of_unclosed(text, offset), "this end tag is not closed by '>'"};
    case pugi::status_end_element_mismatch: return explain_end_tag(source, offset);
    default: return {offset, "not XML"};
  }
}

DecodedText decode_entities(std::string_view raw, bool is_attribute) {
  DecodedText result;
  for (std::size_t at = 0; at < raw.size(); ++at) {
    const char letter = raw[at];
    if (letter == '<') return {{}, "in values '<' is written '&lt;'", at};
    if (letter == '\r' || letter == '\n' || letter == '\t') {
      if (letter == '\r' && raw.substr(at + 1).starts_with('\n')) continue;
      result.text += is_attribute ? ' ' : (letter == '\r' ? '\n' : letter);
    } else if (letter != '&') {
      result.text += letter;
    } else {
      const std::string_view name = raw.substr(at + 1, std::min(raw.find(';', at), raw.size()) - at - 1);
      if (!is_entity_name(name) || at + 1 + name.size() == raw.size()) return {{}, "here '&' is written '&amp;'", at};
      const auto replaced = entity(name);
      if (!replaced) {
        return {{},
                "'&" + std::string(name) +
                    ";' is unknown: there are &lt; &gt; &amp; &quot; &apos; and numbers of "
                    "characters",
                at};
      }
      result.text += *replaced;
      at += name.size() + 1;
    }
  }
  return result;
}

}  // namespace tenon::descriptor
