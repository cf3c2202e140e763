#pragma once

#include <string>
#include <vector>

/// Commands that tenond itself executes, because they need core. Each becomes the tenond of TENON_TENOND, else the one
/// beside this program or in `../sbin`, else the one in PATH, and returns only by throwing Failure.
namespace tenon::cli {

/// Where the node's properties come from, and how it answers.
struct TenondOptions {
  std::string properties;
  std::vector<std::string> set;
  bool json = false;
};

/// `tenond --check`, with `--syntax` if there are files.
[[noreturn]] void check(const TenondOptions& options, const std::vector<std::string>& syntax);

/// `tenond --store status|migrate|copy TARGET`.
[[noreturn]] void store(const TenondOptions& options, const std::vector<std::string>& command);

}  // namespace tenon::cli
