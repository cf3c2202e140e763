#pragma once

#include <string>
#include <vector>

namespace tenon::cli {

struct CheckOptions {
  std::string properties;
  std::vector<std::string> set;
  std::vector<std::string> syntax;
  bool json = false;
};

/// Becomes `tenond --check`: the one of TENON_TENOND, else the one beside this program or in `../sbin`, else the one in
/// PATH. Returns only by throwing Failure.
[[noreturn]] void check(const CheckOptions& options);

}  // namespace tenon::cli
