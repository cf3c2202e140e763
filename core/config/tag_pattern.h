#pragma once

#include <tenon/error.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/value_rule.h"

namespace tenon::config {

/// A pattern of tags, as its descriptor declares it, checked: `paint::color::{color}`. The parts between `::` are each
/// a fixed word or one token; a token takes exactly one part, never more.
struct TagSpec {
  struct Part {
    /// The word; of a token its name.
    std::string text;
    /// Set for a token.
    std::optional<ValueRule> rule;
  };
  using Tokens = std::map<std::string, std::string, std::less<>>;

  std::string kind;
  std::string pattern;
  std::string description;
  /// A resource has one of this pattern.
  bool unique = false;
  /// Users can't take it away.
  bool inherent = false;
  std::vector<Part> parts;
  descriptor::Place place;

  /// Whether the text is of this form, whatever stands in its tokens.
  [[nodiscard]] bool has_form(std::string_view text) const;
  /// What stands in the tokens of a text of this form. TAG.1002 if that does not fit.
  [[nodiscard]] Result<Tokens> read(std::string_view text) const;
};

/// Checks a definition; what is wrong goes to `diagnostics`, and gives nothing.
[[nodiscard]] std::optional<TagSpec> read_tag_spec(const descriptor::TagDefinition& definition,
                                                   descriptor::Diagnostics& diagnostics);

/// The one that means the text, of those for a kind of resource: if several have its form, the one with the earlier
/// fixed word. Null if there is none.
[[nodiscard]] const TagSpec* find_tag_spec(const std::vector<TagSpec>& specs, std::string_view kind,
                                           std::string_view text);

}  // namespace tenon::config
