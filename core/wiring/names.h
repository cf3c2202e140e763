#pragma once

#include <string>
#include <vector>

namespace tenon::wiring {

/// `a, b, c`, or `none`: for messages.
[[nodiscard]] inline std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text.empty() ? "none" : text;
}

}  // namespace tenon::wiring
