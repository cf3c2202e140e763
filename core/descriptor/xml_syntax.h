#pragma once

#include "descriptor/source_text.h"

#include <cstddef>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace tenon::descriptor {

inline constexpr std::string_view kDoctypeRefused =
    "document type declarations are not supported, and so no entities of one's own";

struct SyntaxError {
  std::size_t offset;
  std::string message;
};

/// What pugixml means by `status` at `offset`, with the place moved to where the mistake begins.
[[nodiscard]] SyntaxError explain(const SourceText& source, pugi::xml_parse_status status, std::size_t offset);

struct DecodedText {
  std::string text;
  /// Empty if all is well; else what is wrong at `offset` of the raw text.
  std::string problem;
  std::size_t offset = 0;
};

/// Replaces the five entities of XML and character references, and makes line ends `\n`; in attributes, line ends and
/// tabs are blanks (XML 1.0, 3.3.3).
[[nodiscard]] DecodedText decode_entities(std::string_view raw, bool is_attribute);

}  // namespace tenon::descriptor
