#pragma once

#include <tenon/described.h>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// What the JSON of a type that travels must look like, as JSON Schema (draft 2020-12, which OpenAPI 3.1 speaks).
namespace tenon {

template <class T>
[[nodiscard]] Json schema_of();

namespace detail {

template <class T>
Json integer_schema() {
  return Json::object()
      .add("type", "integer")
      .add("minimum", to_json(std::numeric_limits<T>::min()))
      .add("maximum", to_json(std::numeric_limits<T>::max()));
}

template <class T>
concept DescribesMembers = requires(std::string_view name) {
  { T::schema_of_member(name) } -> std::same_as<Json>;
};

/// A struct: a member that may be left out has its default, if it is no list or object. One that has
/// `static Json schema_of_member(std::string_view)` says by it what its members must be like; null: nothing special.
template <class T>
Json struct_schema() {
  const T initial{};
  Json properties = Json::object();
  Json required = Json::array();
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    using M = std::remove_cvref_t<decltype(initial.*member.pointer)>;
    Json schema;
    if constexpr (DescribesMembers<T>) schema = T::schema_of_member(member.name);
    const bool is_described = !schema.is_null();
    if (!is_described) schema = schema_of<M>();
    const M& value = initial.*member.pointer;
    if (must_be_given<M>(value)) {
      required.push(member.name);
    } else if constexpr (std::is_arithmetic_v<M> || std::is_same_v<M, std::string> || is_duration<M>::value ||
                         DescribedEnum<M>) {
      if (!is_described) schema.add("default", to_json(value));
    }
    properties.add(member.name, std::move(schema));
  });
  Json schema = Json::object().add("type", "object").add("properties", std::move(properties));
  if (!required.as_array()->empty()) schema.add("required", std::move(required));
  schema.add("additionalProperties", false);
  return schema;
}

}  // namespace detail

/// A new value each time. Members keep the order in which they are described.
template <class T>
Json schema_of() {
  static_assert(is_travelling<T>(), "describe this type with BOOST_DESCRIBE_STRUCT");
  if constexpr (std::is_same_v<T, Json>) {
    return Json::object();
  } else if constexpr (std::is_same_v<T, bool>) {
    return Json::object().add("type", "boolean");
  } else if constexpr (std::is_same_v<T, std::string>) {
    return Json::object().add("type", "string");
  } else if constexpr (std::is_floating_point_v<T>) {
    return Json::object().add("type", "number");
  } else if constexpr (std::is_integral_v<T>) {
    return detail::integer_schema<T>();
  } else if constexpr (detail::is_duration<T>::value) {
    return Json::object().add("type", "integer").add("description", "milliseconds");
  } else if constexpr (detail::is_vector<T>::value) {
    return Json::object().add("type", "array").add("items", schema_of<typename T::value_type>());
  } else if constexpr (detail::is_optional<T>::value) {
    return schema_of<typename T::value_type>();
  } else if constexpr (detail::is_string_map<T>::value) {
    return Json::object().add("type", "object").add("additionalProperties", schema_of<typename T::mapped_type>());
  } else if constexpr (DescribedEnum<T>) {
    Json names = Json::array();
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto e) { names.push(e.name); });
    return Json::object().add("type", "string").add("enum", std::move(names));
  } else if constexpr (TravelsByItself<T>) {
    return T::schema();
  } else {
    return detail::struct_schema<T>();
  }
}

}  // namespace tenon
