#pragma once

#include <tenon/class_table.h>
#include <tenon/flow_chain.h>

#include <algorithm>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <ratio>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon {

/// A size in bytes, written `512M`, `2G` or `4096` (K, M, G, T: powers of 1024).
struct Size {
  std::uint64_t bytes = 0;
  friend auto operator<=>(const Size&, const Size&) = default;
};

/// What a property accepts beyond its C++ type.
struct PropertyOptions {
  /// Range, both ends included: integers as they are, durations in the member's unit, sizes in bytes.
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
  /// A bean without this property is refused.
  bool required = false;
  std::string description = {};
};

namespace detail {

template <class T>
struct PropertyTraits;

template <class T>
PropertyType property_type() {
  return PropertyTraits<T>::type();
}
template <class T>
T property_value(PropertyValue&& value) {
  return PropertyTraits<T>::value(std::move(value));
}

template <>
struct PropertyTraits<std::string> {
  static PropertyType type() { return {}; }
  static std::string value(PropertyValue&& v) { return std::get<std::string>(std::move(v.scalar)); }
};

template <>
struct PropertyTraits<bool> {
  static PropertyType type() { return {.kind = PropertyType::Kind::kBool, .interface = {}, .item = {}}; }
  static bool value(PropertyValue&& v) { return std::get<bool>(v.scalar); }
};

template <std::integral T>
struct PropertyTraits<T> {
  static PropertyType type() {
    PropertyType type{.kind = PropertyType::Kind::kInteger, .interface = {}, .item = {}};
    type.min = static_cast<std::int64_t>(std::numeric_limits<T>::min());
    if constexpr (sizeof(T) < sizeof(std::int64_t)) {
      type.max = static_cast<std::int64_t>(std::numeric_limits<T>::max());
    }
    return type;
  }
  static T value(PropertyValue&& v) { return static_cast<T>(std::get<std::int64_t>(v.scalar)); }
};

template <std::floating_point T>
struct PropertyTraits<T> {
  static PropertyType type() { return {.kind = PropertyType::Kind::kNumber, .interface = {}, .item = {}}; }
  static T value(PropertyValue&& v) { return static_cast<T>(std::get<double>(v.scalar)); }
};

template <class R, class P>
struct PropertyTraits<std::chrono::duration<R, P>> {
  using Tick = std::ratio_divide<P, std::nano>;
  static_assert(Tick::den == 1, "a duration property counts whole nanoseconds or more");
  static PropertyType type() {
    PropertyType type{.kind = PropertyType::Kind::kDuration, .interface = {}, .item = {}};
    type.min = 0;
    type.tick = Tick::num;
    return type;
  }
  static std::chrono::duration<R, P> value(PropertyValue&& v) {
    return std::chrono::duration<R, P>(static_cast<R>(std::get<std::int64_t>(v.scalar)));
  }
};

template <>
struct PropertyTraits<Size> {
  static PropertyType type() {
    PropertyType type{.kind = PropertyType::Kind::kSize, .interface = {}, .item = {}};
    type.min = 0;
    return type;
  }
  static Size value(PropertyValue&& v) { return Size{static_cast<std::uint64_t>(std::get<std::int64_t>(v.scalar))}; }
};

template <>
struct PropertyTraits<FlowChain> {
  static PropertyType type() { return {.kind = PropertyType::Kind::kChain, .interface = {}, .item = {}}; }
  static FlowChain value(PropertyValue&& v) {
    std::vector<std::string> names;
    for (PropertyValue& item : v.items) names.push_back(std::get<std::string>(std::move(item.scalar)));
    FlowChain chain;
    chain.bind(static_cast<const ChainSlot*>(std::get<void*>(v.scalar)), std::move(names));
    return chain;
  }
};

template <class E>
struct PropertyTraits<std::vector<E>> {
  static_assert(!std::is_same_v<E, FlowChain>, "a chain is named after its property: give each a property of its own");
  static PropertyType type() {
    return {.kind = PropertyType::Kind::kList, .interface = {}, .item = {property_type<E>()}};
  }
  static std::vector<E> value(PropertyValue&& v) {
    std::vector<E> list;
    list.reserve(v.items.size());
    for (PropertyValue& item : v.items) list.push_back(property_value<E>(std::move(item)));
    return list;
  }
};

template <class E>
struct PropertyTraits<std::map<std::string, E>> {
  static_assert(!std::is_same_v<E, FlowChain>, "a chain is named after its property: give each a property of its own");
  static PropertyType type() {
    return {.kind = PropertyType::Kind::kMap, .interface = {}, .item = {property_type<E>()}};
  }
  static std::map<std::string, E> value(PropertyValue&& v) {
    std::map<std::string, E> map;
    for (std::size_t i = 0; i < v.keys.size(); ++i) {
      map.insert_or_assign(v.keys[i], property_value<E>(std::move(v.items[i])));
    }
    return map;
  }
};

template <Interface I>
struct PropertyTraits<Ref<I>> {
  static PropertyType type() {
    return {.kind = PropertyType::Kind::kReference, .interface = std::string(I::kInterface), .item = {}};
  }
  static Ref<I> value(PropertyValue&& v) {
    Ref<I> reference;
    reference.bind(static_cast<I*>(std::get<void*>(v.scalar)));
    return reference;
  }
};

inline PropertyEntry make_property(std::string name, PropertyType type, PropertyOptions options) {
  type.min = std::max(type.min, options.min);
  type.max = std::min(type.max, options.max);
  return {std::move(name), std::move(type), options.required, std::move(options.description), nullptr};
}

}  // namespace detail
}  // namespace tenon
