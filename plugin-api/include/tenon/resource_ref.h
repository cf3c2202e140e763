#pragma once

#include <compare>
#include <string>

namespace tenon {

/// One resource by name: its kind as drivers and inventories call it (`Host`), and its id within that kind.
struct ResourceRef {
  std::string kind;
  std::string id;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 finds a 0 in what the compiler makes
  friend auto operator<=>(const ResourceRef&, const ResourceRef&) = default;
};

/// `Host h1`, for messages.
[[nodiscard]] inline std::string to_string(const ResourceRef& resource) { return resource.kind + " " + resource.id; }

}  // namespace tenon
