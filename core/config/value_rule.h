#pragma once

#include <tenon/config.h>
#include <tenon/error.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "descriptor/definitions.h"

namespace tenon::config {

/// What a value may be: its type, and what its descriptor says beyond it. Immutable; copies are cheap.
class ValueRule {
 public:
  /// The type's name is one of ours (bool, integer, number, string, duration, size) or one of Java's, which ZStack
  /// writes (`java.lang.Integer` …). What is wrong goes to `diagnostics`, and gives nothing; so does an empty name,
  /// which was reported.
  [[nodiscard]] static std::optional<ValueRule> read(const descriptor::Text& type,
                                                     const descriptor::ValidatorDefinition& validator,
                                                     descriptor::Diagnostics& diagnostics);

  /// The text as a value. CONFIG.1002 with the details `expected …, found '…'`.
  [[nodiscard]] Result<ConfigValue> parse(std::string_view text) const;
  /// As `parse`, reporting at the text's place what does not fit; `what` begins the message.
  [[nodiscard]] std::optional<ConfigValue> parse(const descriptor::Text& text, std::string_view what,
                                                 descriptor::Diagnostics& diagnostics) const;

  [[nodiscard]] PropertyType::Kind kind() const noexcept;
  /// What is expected, for people: `an integer from 1 to 3600`.
  [[nodiscard]] const std::string& expected() const noexcept;

 private:
  struct Data;
  explicit ValueRule(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

  std::shared_ptr<const Data> data_;
};

/// Our name of the type of a value: `integer`.
[[nodiscard]] std::string_view type_name(PropertyType::Kind kind) noexcept;

}  // namespace tenon::config
