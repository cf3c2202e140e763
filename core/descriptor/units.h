#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Numbers and quantities as descriptors write them.
namespace tenon::descriptor {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

/// In nanoseconds.
inline constexpr std::array<Unit, 7> kDurationUnits{{{"ns", 1},
                                                     {"us", 1'000},
                                                     {"ms", 1'000'000},
                                                     {"s", 1'000'000'000},
                                                     {"m", 60'000'000'000},
                                                     {"h", 3'600'000'000'000},
                                                     {"d", 86'400'000'000'000}}};
/// In bytes; the powers are of 1024.
inline constexpr std::array<Unit, 5> kSizeUnits{
    {{"", 1}, {"K", 1LL << 10}, {"M", 1LL << 20}, {"G", 1LL << 30}, {"T", 1LL << 40}}};

/// The whole text as a whole number, or nothing.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

/// The whole text as a finite number, or nothing.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// A whole number with one of the units, times the unit's factor; nothing if it is no such text or too large.
[[nodiscard]] std::optional<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units);

}  // namespace tenon::descriptor
