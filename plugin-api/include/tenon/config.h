#pragma once

#include <tenon/class_table.h>
#include <tenon/property.h>
#include <tenon/resource_ref.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

/// Global config: values that operators change while the node runs. A descriptor in `config/` defines each with its
/// type, its default and what it may be; a class binds it to a member and reads it there:
/// ```cpp
/// class WallTracker {
///  public:
///   void changed(const std::chrono::milliseconds& before, const std::chrono::milliseconds& now);
///   tenon::Config<std::chrono::milliseconds> interval;
/// };
/// …
/// plugin.bean<WallTracker>("paint.WallTracker")
///     .config("wall", "look.interval", &WallTracker::interval, &WallTracker::changed);
/// ```
/// A config that its descriptor lets be overridden has a value of its own for single resources: `get_for`.
namespace tenon {

/// A value as the node keeps it: bool; integer, milliseconds or bytes; number; text.
struct ConfigValue {
  std::variant<bool, std::int64_t, double, std::string> data;
  friend bool operator==(const ConfigValue&, const ConfigValue&) = default;
};

/// Where the node keeps one config. Implemented by the node; any thread may read. Lives longer than whatever is bound
/// to it.
class ConfigSlot {
 public:
  /// The global value. Never null; what it points to is never changed, and lives as long as the slot.
  std::atomic<const ConfigValue*> value{nullptr};

  /// The value for one resource: its own, else that of the nearest parent that has one, else the global one. Asks the
  /// extensions of ResourceParents, whose exceptions reach the caller, and never the store.
  [[nodiscard]] virtual const ConfigValue* value_for(const ResourceRef& resource) const = 0;

 protected:
  ~ConfigSlot() = default;
};

/// An extension point: who knows what a resource belongs to (a shelf to its room, a room to its house). For each kind
/// of resource one extension answers, the others have nothing to say.
class ResourceParents {
 public:
  static constexpr std::string_view kInterface = "tenon.ResourceParents/1";
  virtual ~ResourceParents() = default;

  /// The resource that this one belongs to, or nothing. Asked whenever an override may count, so it must be cheap, and
  /// must not ask a device. Any thread.
  [[nodiscard]] virtual std::optional<ResourceRef> parent_of(const ResourceRef& resource) const = 0;
};

namespace detail {

template <class T>
struct ConfigTraits;

template <>
struct ConfigTraits<bool> {
  static constexpr auto kKind = PropertyType::Kind::kBool;
  static bool of(const ConfigValue& value) { return std::get<bool>(value.data); }
};
template <>
struct ConfigTraits<std::int64_t> {
  static constexpr auto kKind = PropertyType::Kind::kInteger;
  static std::int64_t of(const ConfigValue& value) { return std::get<std::int64_t>(value.data); }
};
template <>
struct ConfigTraits<double> {
  static constexpr auto kKind = PropertyType::Kind::kNumber;
  static double of(const ConfigValue& value) { return std::get<double>(value.data); }
};
template <>
struct ConfigTraits<std::string> {
  static constexpr auto kKind = PropertyType::Kind::kString;
  static const std::string& of(const ConfigValue& value) { return std::get<std::string>(value.data); }
};
template <>
struct ConfigTraits<std::chrono::milliseconds> {
  static constexpr auto kKind = PropertyType::Kind::kDuration;
  static std::chrono::milliseconds of(const ConfigValue& value) {
    return std::chrono::milliseconds(std::get<std::int64_t>(value.data));
  }
};
template <>
struct ConfigTraits<Size> {
  static constexpr auto kKind = PropertyType::Kind::kSize;
  static Size of(const ConfigValue& value) {
    return Size{static_cast<std::uint64_t>(std::get<std::int64_t>(value.data))};
  }
};

}  // namespace detail

/// The types that a config can have.
template <class T>
concept ConfigType = requires {
  detail::ConfigTraits<T>::kKind;
};

/// One config, as a member of a bean or a flow. Bound before `start()`; always the current value. Any thread may read
/// at any time: it costs one load.
template <ConfigType T>
class Config {
 public:
  Config() = default;
  /// What it holds where no node binds it, as in tests.
  explicit Config(T unbound) : unbound_(std::move(unbound)) {}
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  [[nodiscard]] T get() const {
    return slot_ != nullptr ? detail::ConfigTraits<T>::of(*slot_->value.load(std::memory_order_acquire)) : unbound_;
  }
  T operator*() const { return get(); }

  /// The value for one resource, as ConfigSlot::value_for has it.
  [[nodiscard]] T get_for(const ResourceRef& resource) const {
    return slot_ != nullptr ? detail::ConfigTraits<T>::of(*slot_->value_for(resource)) : unbound_;
  }
  [[nodiscard]] T get_for(std::string_view kind, std::string_view id) const {
    return get_for(ResourceRef{std::string(kind), std::string(id)});
  }

  /// For the node. The slot must outlive this.
  void bind(const ConfigSlot* slot) noexcept { slot_ = slot; }

 private:
  const ConfigSlot* slot_ = nullptr;
  T unbound_{};
};

}  // namespace tenon
