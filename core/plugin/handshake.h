#pragma once

#include <tenon/record.h>

#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin {

/// What a descriptor and this node expect of a record, against what it says. One line for each field that differs:
/// `abi_major: expected 1, found 2`. Empty if the library may be loaded. Rules of versions: tenon/record.h.
[[nodiscard]] std::vector<std::string> compare_record(const PluginRecord& record, std::string_view name,
                                                      std::string_view version);

/// A text field of a record, without its padding; bytes that are not printable ASCII become `?`.
template <std::size_t N>
[[nodiscard]] std::string field_text(const std::array<char, N>& field) {
  std::string text;
  for (char c : field) {
    if (c == '\0') break;
    text.push_back(c >= ' ' && c <= '~' ? c : '?');
  }
  return text;
}

}  // namespace tenon::plugin
