#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Types that travel: structs described by Boost.Describe, and the standard types below. A described struct has a type
/// id, which changes with its members, and goes to and from JSON.
/// ```cpp
/// struct Disk { std::string path; std::uint64_t bytes = 0; std::optional<std::string> backing; };
/// BOOST_DESCRIBE_STRUCT(Disk, (), (path, bytes, backing))
/// ```
/// JSON: struct = object, `std::optional` without a value = member left out or null, `std::chrono` durations =
/// milliseconds, enums described by BOOST_DESCRIBE_ENUM = their names.
namespace tenon {

template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
/// A type that says itself how it travels, by `to_json()`, `from_json(json, path)` and `schema()`.
template <class T>
concept TravelsByItself = requires(const T& value, const Json& json, const std::string& path) {
  { value.to_json() } -> std::same_as<Json>;
  { T::from_json(json, path) } -> std::same_as<Result<T>>;
  { T::schema() } -> std::same_as<Json>;
};
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

namespace detail {

constexpr std::uint64_t kHashSeed = 14695981039346656037ULL;
/// FNV-1a, 64 bits.
constexpr std::uint64_t hash(std::string_view text, std::uint64_t seed = kHashSeed) {
  for (char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return seed;
}

template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  std::size_t begin = text.find("T = ") + 4;
  std::size_t end = text.find_first_of(";]", begin);
  return text.substr(begin, end - begin);
}

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
struct is_vector : std::false_type {};
template <class E>
struct is_vector<std::vector<E>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class E>
struct is_optional<std::optional<E>> : std::true_type {};
template <class T>
struct is_string_map : std::false_type {};
template <class E>
struct is_string_map<std::map<std::string, E>> : std::true_type {};
template <class T>
struct is_duration : std::false_type {};
template <class R, class P>
struct is_duration<std::chrono::duration<R, P>> : std::true_type {};

template <class T>
constexpr std::uint64_t type_hash() {
  if constexpr (is_vector<T>::value || is_optional<T>::value) {
    return hash(is_vector<T>::value ? "[]" : "?", type_hash<typename T::value_type>());
  } else if constexpr (is_string_map<T>::value) {
    return hash("{}", type_hash<typename T::mapped_type>());
  } else if constexpr (is_duration<T>::value) {
    return hash("duration");
  } else if constexpr (std::is_same_v<T, std::string>) {
    return hash("string");
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return hash(std::is_signed_v<T> ? "int" : "unsigned", sizeof(T));  // compilers spell them differently
  } else if constexpr (DescribedStruct<T>) {
    std::uint64_t seed = hash(type_name<T>());
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      using M = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
      seed = hash(member.name, seed) ^ (type_hash<M>() * 31);
    });
    return seed;
  } else {
    return hash(type_name<T>());
  }
}

}  // namespace detail

/// Identity of a type across libraries and restarts: its name and, for a described struct, its members' names and
/// types.
template <class T>
inline constexpr std::uint64_t kTypeId = detail::type_hash<T>();

/// Whether values of `T` go to and from JSON.
template <class T>
constexpr bool is_travelling() {
  if constexpr (detail::is_vector<T>::value || detail::is_optional<T>::value) {
    return is_travelling<typename T::value_type>();
  } else if constexpr (detail::is_string_map<T>::value) {
    return is_travelling<typename T::mapped_type>();
  } else {
    return std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Json> ||
           detail::is_duration<T>::value || DescribedStruct<T> || DescribedEnum<T> || TravelsByItself<T>;
  }
}

template <class T>
[[nodiscard]] Json to_json(const T& value) {
  static_assert(is_travelling<T>(), "describe this type with BOOST_DESCRIBE_STRUCT to send it");
  if constexpr (std::is_same_v<T, Json> || std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
    return Json(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return Json(static_cast<double>(value));
  } else if constexpr (std::is_unsigned_v<T>) {
    return Json(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    return Json(static_cast<std::int64_t>(value));
  } else if constexpr (detail::is_duration<T>::value) {
    return Json(static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()));
  } else if constexpr (detail::is_vector<T>::value) {
    Json list = Json::array();
    for (const auto& item : value) list.push(to_json(item));
    return list;
  } else if constexpr (detail::is_optional<T>::value) {
    return value ? to_json(*value) : Json();
  } else if constexpr (detail::is_string_map<T>::value) {
    Json map = Json::object();
    for (const auto& [key, item] : value) map.add(key, to_json(item));
    return map;
  } else if constexpr (DescribedEnum<T>) {
    return Json(boost::describe::enum_to_string(value, "?"));
  } else if constexpr (TravelsByItself<T>) {
    return value.to_json();
  } else {
    Json object = Json::object();
    boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
      Json item = to_json(value.*member.pointer);
      using M = std::remove_cvref_t<decltype(value.*member.pointer)>;
      if (!(detail::is_optional<M>::value && item.is_null())) object.add(member.name, std::move(item));
    });
    return object;
  }
}

namespace detail {

inline ErrorCode mismatch(const std::string& path, std::string_view expected, const Json& found) {
  return make_error("JSON.1001", "value of the wrong type",
                    path + ": expected " + std::string(expected) + ", found " + std::string(found.type_name()));
}

/// Whether a member with this initial value has no default: an empty text, a zero, a struct. Flags, lists, maps and
/// optionals may always be left out.
template <class M>
bool must_be_given(const M& initial) {
  if constexpr (std::is_same_v<M, bool>) {
    return false;
  } else if constexpr (std::is_arithmetic_v<M>) {
    return initial == M{};
  } else if constexpr (std::is_same_v<M, std::string>) {
    return initial.empty();
  } else {
    return DescribedStruct<M>;
  }
}

/// What is not an error when a value is read.
enum class Reading : std::uint8_t { kStrict, kLenient };

/// A wrong type, a number out of range are errors that name the JSON path (`$.disk.bytes`); read strictly, so are an
/// unknown member, and a missing one that is not optional and has no default.
template <class T>
Result<void> read_json(const Json& json, const std::string& path, T& value, Reading reading) {
  if constexpr (std::is_same_v<T, Json>) {
    value = json;
  } else if constexpr (std::is_same_v<T, bool>) {
    const bool* flag = json.as_bool();
    if (flag == nullptr) return mismatch(path, "boolean", json);
    value = *flag;
  } else if constexpr (std::is_same_v<T, std::string>) {
    const std::string* text = json.as_string();
    if (text == nullptr) return mismatch(path, "string", json);
    value = *text;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (const double* number = json.as_double()) {
      value = static_cast<T>(*number);
    } else if (const std::int64_t* whole = json.as_int()) {
      value = static_cast<T>(*whole);
    } else {
      return mismatch(path, "number", json);
    }
  } else if constexpr (std::is_integral_v<T>) {
    if (const std::int64_t* whole = json.as_int(); whole != nullptr && std::in_range<T>(*whole)) {
      value = static_cast<T>(*whole);
    } else if (const std::uint64_t* big = json.as_uint(); big != nullptr && std::in_range<T>(*big)) {
      value = static_cast<T>(*big);
    } else if (whole != nullptr || big != nullptr) {
      return make_error("JSON.1002", "number out of range",
                        path + ": expected " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                            std::to_string(std::numeric_limits<T>::max()) + ", found " +
                            (whole != nullptr ? std::to_string(*whole) : std::to_string(*big)));
    } else {
      return mismatch(path, "whole number", json);
    }
  } else if constexpr (is_duration<T>::value) {
    const std::int64_t* whole = json.as_int();
    if (whole == nullptr) return mismatch(path, "milliseconds", json);
    value = std::chrono::duration_cast<T>(std::chrono::milliseconds(*whole));
  } else if constexpr (is_vector<T>::value) {
    const Json::Array* items = json.as_array();
    if (items == nullptr) return mismatch(path, "array", json);
    value.clear();
    for (std::size_t i = 0; i < items->size(); ++i) {
      typename T::value_type item{};
      if (auto read = read_json((*items)[i], path + "[" + std::to_string(i) + "]", item, reading); !read) return read;
      value.push_back(std::move(item));
    }
  } else if constexpr (is_optional<T>::value) {
    if (json.is_null()) {
      value.reset();
    } else {
      return read_json(json, path, value.emplace(), reading);
    }
  } else if constexpr (is_string_map<T>::value) {
    const Json::Object* members = json.as_object();
    if (members == nullptr) return mismatch(path, "object", json);
    value.clear();
    for (const auto& [name, item] : *members) {
      if (auto read = read_json(item, path + "." + name, value[name], reading); !read) return read;
    }
  } else if constexpr (DescribedEnum<T>) {
    const std::string* text = json.as_string();
    if (text == nullptr) return mismatch(path, "string", json);
    if (!boost::describe::enum_from_string(text->c_str(), value)) {
      std::string names;
      boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
          [&](auto e) { names.append(names.empty() ? "" : ", ").append(e.name); });
      return make_error("JSON.1003", "not one of the allowed values",
                        path + ": expected one of " + names + ", found '" + *text + "'");
    }
  } else if constexpr (TravelsByItself<T>) {
    Result<T> read = T::from_json(json, path);
    if (!read) return std::move(read).error();
    value = std::move(read).value();
  } else {
    const Json::Object* members = json.as_object();
    if (members == nullptr) return mismatch(path, "object", json);
    for (const auto& given : *members) {
      bool known = false;
      boost::mp11::mp_for_each<Members<T>>([&](auto member) { known = known || given.first == member.name; });
      if (!known && reading == Reading::kStrict)
        return make_error("JSON.1004", "unknown member", path + "." + given.first);
    }
    Result<void> result;
    const T defaults{};
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      if (!result) return;
      using M = std::remove_cvref_t<decltype(value.*member.pointer)>;
      if (const Json* item = json.find(member.name)) {
        result = read_json(*item, path + "." + member.name, value.*member.pointer, reading);
      } else if (reading == Reading::kStrict && must_be_given<M>(defaults.*member.pointer)) {
        result = make_error("JSON.1005", "member missing", path + "." + member.name);
      }
    });
    return result;
  }
  return {};
}

}  // namespace detail

/// The value that `json` stands for, or an error that names the JSON path, what was expected and what was found.
/// Strict: an unknown member is an error; so is one that is missing and has no default (an empty text, a zero, a
/// struct).
template <class T>
[[nodiscard]] Result<T> from_json(const Json& json, const std::string& path = "$") {
  static_assert(is_travelling<T>(), "describe this type with BOOST_DESCRIBE_STRUCT to receive it");
  T value{};
  if (auto read = detail::read_json(json, path, value, detail::Reading::kStrict); !read) return std::move(read).error();
  return value;
}

/// As `from_json`, but members that are unknown are passed over, and those that are missing keep their initial values:
/// for what another version has written.
template <class T>
[[nodiscard]] Result<T> from_json_lenient(const Json& json, const std::string& path = "$") {
  static_assert(is_travelling<T>(), "describe this type with BOOST_DESCRIBE_STRUCT to receive it");
  T value{};
  if (auto read = detail::read_json(json, path, value, detail::Reading::kLenient); !read) {
    return std::move(read).error();
  }
  return value;
}

}  // namespace tenon
