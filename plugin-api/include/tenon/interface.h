#pragma once

#include <concepts>
#include <string_view>

namespace tenon {

/// An interface that crosses libraries names itself by a versioned id and, if it is the factory of a kind of driver, by
/// that kind:
/// ```cpp
/// class HypervisorFactory {
///  public:
///   static constexpr std::string_view kInterface = "tenon.iaas.HypervisorFactory/1";
///   static constexpr std::string_view kDriverKind = "Hypervisor";      // factories only
///   virtual ~HypervisorFactory() = default;
///   …
/// };
/// ```
/// The number is raised whenever the vtable changes: the node never casts by RTTI, only through the id. A descriptor
/// may leave the version out.
template <class I>
concept Interface = requires {
  { I::kInterface } -> std::convertible_to<std::string_view>;
};

/// An interface whose implementations are the factories of one kind of driver.
template <class I>
concept DriverFactory = Interface<I> && requires {
  { I::kDriverKind } -> std::convertible_to<std::string_view>;
};

/// `tenon.iaas.HypervisorFactory` of `tenon.iaas.HypervisorFactory/1`.
[[nodiscard]] constexpr std::string_view interface_name(std::string_view id) { return id.substr(0, id.find('/')); }

/// Whether `name`, with or without a version, means the interface `id`.
[[nodiscard]] constexpr bool interface_matches(std::string_view id, std::string_view name) {
  return name.find('/') == std::string_view::npos ? interface_name(id) == name : id == name;
}

}  // namespace tenon
