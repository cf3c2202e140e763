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

/// What is to be verified, and how often; empty: as tenond does.
struct VerifyCommand {
  std::string file;
  std::string descriptor;
  std::string rounds;
};

/// What is to be written: one of driver, flow, service and extension.
struct NewPluginCommand {
  std::string name;
  std::string driver;
  bool flow = false;
  bool service = false;
  std::string extension;
  std::string folder;
};

/// `tenond --check`, with `--syntax` if there are files.
[[noreturn]] void check(const TenondOptions& options, const std::vector<std::string>& syntax);

/// `tenond --store status|migrate|copy TARGET`.
[[noreturn]] void store(const TenondOptions& options, const std::vector<std::string>& command);

/// `tenond --verify FILE`.
[[noreturn]] void verify(const TenondOptions& options, const VerifyCommand& command);

/// `tenond --new NAME`.
[[noreturn]] void new_plugin(const NewPluginCommand& command);

}  // namespace tenon::cli
