#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::cli {

/// The candidate that was probably meant: one letter in three may be wrong, left out, added, or swapped with its
/// neighbour, and one in short words. Empty if there is none; the first of several.
[[nodiscard]] std::string nearest(std::string_view wrong, const std::vector<std::string>& candidates);

}  // namespace tenon::cli
