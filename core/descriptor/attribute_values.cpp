#include "descriptor/attribute_values.h"

#include "descriptor/source_text.h"
#include "descriptor/units.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tenon::descriptor {
namespace {

constexpr std::int64_t kNanosecondsAMillisecond = 1'000'000;

}  // namespace

std::optional<Text> AttributeValues::text(std::string_view name) const {
  std::optional<Text> text = attributes_.find(name);
  if (!text) return std::nullopt;
  text->text = std::string(trimmed(text->text));
  return text->text.empty() ? std::nullopt : std::move(text);
}

std::optional<Given<std::chrono::milliseconds>> AttributeValues::duration(std::string_view name) const {
  const std::optional<Text> given = text(name);
  if (!given) return std::nullopt;
  const std::optional<std::int64_t> nanoseconds = parse_with_unit(given->text, kDurationUnits);
  if (nanoseconds && *nanoseconds % kNanosecondsAMillisecond == 0)
    return Given<std::chrono::milliseconds>{given->place,
                                            std::chrono::milliseconds(*nanoseconds / kNanosecondsAMillisecond)};
  refuse(name, "a duration such as 10s or 200ms", given->text);
  return std::nullopt;
}

std::optional<Given<std::uint32_t>> AttributeValues::whole(std::string_view name, std::uint32_t least,
                                                           std::uint32_t most) const {
  const std::optional<Text> given = text(name);
  if (!given) return std::nullopt;
  const std::optional<std::int64_t> number = parse_integer(given->text);
  if (number && *number >= least && *number <= most)
    return Given<std::uint32_t>{given->place, static_cast<std::uint32_t>(*number)};
  refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), given->text);
  return std::nullopt;
}

std::optional<Given<double>> AttributeValues::fraction(std::string_view name) const {
  const std::optional<Text> given = text(name);
  if (!given) return std::nullopt;
  const std::optional<double> number = parse_number(given->text);
  if (number && *number >= 0 && *number <= 1) return Given<double>{given->place, *number};
  refuse(name, "a number from 0 to 1", given->text);
  return std::nullopt;
}

std::optional<Given<bool>> AttributeValues::flag(std::string_view name) const {
  const std::optional<std::size_t> chosen = choice(name, {"no", "yes"});
  if (!chosen) return std::nullopt;
  return Given<bool>{attributes_.get(name).place, *chosen == 1};
}

std::optional<std::size_t> AttributeValues::choice(std::string_view name,
                                                   std::initializer_list<std::string_view> words) const {
  const std::optional<Text> given = text(name);
  if (!given) return std::nullopt;
  const auto* const found = std::find(words.begin(), words.end(), given->text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string expected;
  for (const std::string_view word : words) expected.append(expected.empty() ? "" : " or ").append(word);
  refuse(name, expected, given->text);
  return std::nullopt;
}

void AttributeValues::refuse(std::string_view name, std::string_view what) const {
  diagnostics_.error(attributes_.get(name).place,
                     "attribute '" + std::string(name) + "' of <" + std::string(element_) + ">: " + std::string(what));
}

void AttributeValues::refuse(std::string_view name, std::string_view expected, std::string_view found) const {
  refuse(name, "expected " + std::string(expected) + ", found '" + std::string(found) + "'");
}

}  // namespace tenon::descriptor
