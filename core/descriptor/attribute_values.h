#pragma once

#include "descriptor/element_reader.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace tenon::descriptor {

/// The attributes of one element as what they mean. Nothing for an attribute that is not there, and for one that is
/// wrong: its error is reported.
class AttributeValues {
 public:
  /// `element` is the name that messages call it by. All must outlive this.
  AttributeValues(std::string_view element, const Attributes& attributes, Diagnostics& diagnostics)
      : element_(element), attributes_(attributes), diagnostics_(diagnostics) {}

  [[nodiscard]] bool has(std::string_view name) const { return attributes_.find(name).has_value(); }
  /// Without the blanks around it; never empty.
  [[nodiscard]] std::optional<Text> text(std::string_view name) const;
  /// Whole milliseconds, written `200ms`, `10s`, `5m`.
  [[nodiscard]] std::optional<Given<std::chrono::milliseconds>> duration(std::string_view name) const;
  [[nodiscard]] std::optional<Given<std::uint32_t>> whole(std::string_view name, std::uint32_t least,
                                                          std::uint32_t most) const;
  /// A number from 0 to 1.
  [[nodiscard]] std::optional<Given<double>> fraction(std::string_view name) const;
  /// `yes` or `no`.
  [[nodiscard]] std::optional<Given<bool>> flag(std::string_view name) const;
  /// One of the words, as its index.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view name,
                                                  std::initializer_list<std::string_view> words) const;

  /// Reports `attribute 'NAME' of <ELEMENT>: WHAT` at the attribute, or at the element if it is not there.
  void refuse(std::string_view name, std::string_view what) const;
  /// Reports that `expected` was expected and that `found` was found.
  void refuse(std::string_view name, std::string_view expected, std::string_view found) const;

 private:
  std::string_view element_;
  const Attributes& attributes_;
  Diagnostics& diagnostics_;
};

}  // namespace tenon::descriptor
