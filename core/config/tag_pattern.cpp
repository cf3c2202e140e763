#include "config/tag_pattern.h"

#include <algorithm>
#include <utility>

#include "config/errors.h"

namespace tenon::config {
namespace {

constexpr std::string_view kSeparator = "::";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(kSeparator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + kSeparator.size());
  }
}

bool is_token(std::string_view part) { return part.size() > 2 && part.front() == '{' && part.back() == '}'; }

/// Reads the parts of one pattern.
class PatternReader {
 public:
  PatternReader(const descriptor::TagDefinition& definition, descriptor::Diagnostics& diagnostics)
      : definition_(definition), diagnostics_(diagnostics) {}

  void read(TagSpec& spec) {
    for (const std::string_view part : split(definition_.pattern.text)) {
      if (is_token(part)) {
        add_token(std::string(part.substr(1, part.size() - 2)), spec);
      } else if (part.empty() || part.find_first_of("{} \t\r\n") != std::string_view::npos) {
        refuse("the part '" + std::string(part) + "' is neither a word nor one {token}: '::' stands between parts");
      } else {
        spec.parts.push_back({std::string(part), std::nullopt});
      }
    }
    if (std::all_of(spec.parts.begin(), spec.parts.end(), [](const auto& part) { return part.rule.has_value(); })) {
      refuse("a pattern needs a word, or it would fit any tag");
    }
    for (const auto& token : definition_.tokens) {
      if (token.name.text.empty() || std::find(names_.begin(), names_.end(), token.name.text) != names_.end()) continue;
      diagnostics_.error(token.name.place, "pattern '" + definition_.pattern.text + "' has no token '" +
                                               token.name.text + "'" + descriptor::suggestion(token.name.text, names_));
    }
  }

 private:
  void add_token(std::string name, TagSpec& spec) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
      refuse("the token '" + name + "' stands there twice");
      return;
    }
    descriptor::ValidatorDefinition validator;
    descriptor::Text type{definition_.pattern.place, "string"};
    for (const auto& token : definition_.tokens) {
      if (token.name.text != name) continue;
      validator.pattern = token.pattern;
      if (token.type) type = *token.type;
    }
    if (type.text == "string") validator.min_length = 1;
    auto rule = ValueRule::read(type, validator, diagnostics_);
    names_.push_back(name);
    if (rule) spec.parts.push_back({std::move(name), std::move(rule)});
  }

  void refuse(std::string why) {
    diagnostics_.error(definition_.pattern.place, "pattern '" + definition_.pattern.text + "': " + std::move(why));
  }

  const descriptor::TagDefinition& definition_;
  descriptor::Diagnostics& diagnostics_;
  std::vector<std::string> names_;
};

/// Whether the fixed words of `a` come earlier than those of `b`.
bool is_closer(const TagSpec& a, const TagSpec& b) {
  return std::lexicographical_compare(
      a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
      [](const TagSpec::Part& x, const TagSpec::Part& y) { return !x.rule && y.rule.has_value(); });
}

}  // namespace

bool TagSpec::has_form(std::string_view text) const {
  const std::vector<std::string_view> given = split(text);
  return std::equal(parts.begin(), parts.end(), given.begin(), given.end(),
                    [](const Part& part, std::string_view word) { return part.rule || part.text == word; });
}

Result<TagSpec::Tokens> TagSpec::read(std::string_view text) const {
  Tokens tokens;
  const std::vector<std::string_view> given = split(text);
  for (std::size_t i = 0; i < parts.size() && i < given.size(); ++i) {
    if (!parts[i].rule) continue;
    if (const Result<ConfigValue> value = parts[i].rule->parse(given[i]); !value) {
      return make_error(kBadToken, "a token of a tag does not fit",
                        "{" + parts[i].text + "} of " + pattern + ": " + value.error().details);
    }
    tokens.emplace(parts[i].text, std::string(given[i]));
  }
  return tokens;
}

std::optional<TagSpec> read_tag_spec(const descriptor::TagDefinition& definition,
                                     descriptor::Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.errors();
  TagSpec spec;
  spec.kind = definition.resource.text;
  spec.pattern = definition.pattern.text;
  spec.description = definition.description;
  spec.unique = definition.unique;
  spec.inherent = definition.inherent;
  spec.place = definition.place;
  PatternReader(definition, diagnostics).read(spec);
  return diagnostics.errors() == errors ? std::optional(std::move(spec)) : std::nullopt;
}

const TagSpec* find_tag_spec(const std::vector<TagSpec>& specs, std::string_view kind, std::string_view text) {
  const TagSpec* best = nullptr;
  for (const TagSpec& spec : specs) {
    if (spec.kind == kind && spec.has_form(text) && (best == nullptr || is_closer(spec, *best))) best = &spec;
  }
  return best;
}

}  // namespace tenon::config
