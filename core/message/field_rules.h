#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor/definitions.h"

namespace tenon::message {

/// What a descriptor says of one field of a message.
struct FieldRule {
  /// Members with dots between them, `[]` after one that is a list: `walls[].color`.
  std::string path;
  std::string description;
  bool required = false;
  /// Of numbers, both ends included.
  std::optional<double> min;
  std::optional<double> max;
  /// Of texts in bytes, of lists in elements.
  std::optional<std::uint64_t> min_length;
  std::optional<std::uint64_t> max_length;
  /// A regular expression (ECMAScript) that a whole text must match.
  std::string pattern;
  /// The texts that it may be.
  std::vector<std::string> one_of;
  descriptor::Place place;
};

/// The rules for the fields of one message. Immutable; any thread.
class FieldRules {
 public:
  FieldRules();
  /// Patterns must be valid: see valid_pattern.
  explicit FieldRules(std::vector<FieldRule> rules);

  [[nodiscard]] const std::vector<FieldRule>& rules() const noexcept { return rules_; }
  /// Null if there is none.
  [[nodiscard]] const FieldRule* find(std::string_view path) const noexcept;

  /// Whether the message's JSON, which fits its type, keeps them all. MESSAGE.1010 tells the first that it breaks, with
  /// the JSON path, what is expected and what was found. A field that is missing or null breaks `required` alone.
  [[nodiscard]] Result<void> check(const Json& message) const;

 private:
  struct Compiled;
  std::vector<FieldRule> rules_;
  std::vector<std::shared_ptr<const Compiled>> compiled_;
};

/// Why the text is no regular expression, or nothing.
[[nodiscard]] std::optional<std::string> invalid_pattern(const std::string& pattern);

/// What the rule adds to a JSON Schema, whose type stays as it is.
void add_to_schema(const FieldRule& rule, Json& schema);
/// The part of a struct's schema that a path is about, or null.
[[nodiscard]] Json* schema_at(Json& schema, std::string_view path);
/// A message's schema with what its rules add.
[[nodiscard]] Json schema_with(Json schema, const FieldRules& rules);

}  // namespace tenon::message
