#include "flow/policy.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace tenon::flow {

bool RetryPolicy::worth(std::string_view code) const {
  return codes.empty() || std::any_of(codes.begin(), codes.end(), [&](const std::string& known) {
           if (known.ends_with(".*")) return code.starts_with(std::string_view(known).substr(0, known.size() - 1));
           return code == known;
         });
}

std::chrono::milliseconds RetryPolicy::wait(std::uint32_t failed, double chance) const {
  const double limit = static_cast<double>(max_backoff.count());
  const double doubled = static_cast<double>(backoff.count()) * std::exp2(std::min<std::uint32_t>(failed, 64) - 1.0);
  const double spread = 1 + jitter * (2 * chance - 1);
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(doubled, limit) * spread));
}

}  // namespace tenon::flow
