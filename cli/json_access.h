#pragma once

#include <tenon/json.h>

#include <cstdint>
#include <string>
#include <string_view>

/// Lenient reading of the API's answers: a node of a newer version may say more, one of an older less.
namespace tenon::cli {

/// The member's text, or nothing.
[[nodiscard]] inline std::string text_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  const std::string* text = member != nullptr ? member->as_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

/// The member's number, or the fallback.
[[nodiscard]] inline double number_of(const Json& object, std::string_view name, double fallback = 0) {
  const Json* member = object.find(name);
  if (member == nullptr) return fallback;
  if (const std::int64_t* whole = member->as_int()) return static_cast<double>(*whole);
  const double* number = member->as_double();
  return number != nullptr ? *number : fallback;
}

/// The member's whole number as text, or nothing.
[[nodiscard]] inline std::string count_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  const std::int64_t* whole = member != nullptr ? member->as_int() : nullptr;
  return whole != nullptr ? std::to_string(*whole) : std::string();
}

[[nodiscard]] inline bool flag_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  const bool* flag = member != nullptr ? member->as_bool() : nullptr;
  return flag != nullptr && *flag;
}

/// The member's elements; none if it is no array. Lives as long as the object.
[[nodiscard]] inline const Json::Array& list_of(const Json& object, std::string_view name) {
  static const Json::Array kNone;
  const Json* member = object.find(name);
  const Json::Array* list = member != nullptr ? member->as_array() : nullptr;
  return list != nullptr ? *list : kNone;
}

/// The texts of an array, separated by commas.
[[nodiscard]] inline std::string joined(const Json::Array& list) {
  std::string text;
  for (const Json& item : list) {
    if (item.as_string() != nullptr) text.append(text.empty() ? "" : ", ").append(*item.as_string());
  }
  return text;
}

}  // namespace tenon::cli
