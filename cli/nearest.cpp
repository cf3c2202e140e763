#include "nearest.h"

#include <algorithm>
#include <cstddef>

namespace tenon::cli {
namespace {

/// Optimal string alignment: edits and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      const std::size_t changed = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      table[i][j] = std::min({changed, table[i - 1][j] + 1, table[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
      }
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view wrong, const std::vector<std::string>& candidates) {
  std::size_t least = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    const std::size_t far = distance(wrong, candidate);
    if (far >= least) continue;
    least = far;
    found = candidate;
  }
  return found;
}

}  // namespace tenon::cli
