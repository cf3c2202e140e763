#include "check_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "failure.h"

namespace tenon::cli {
namespace {

/// A path, or a name to be looked for in PATH.
std::string find_tenond() {
  if (const char* told = std::getenv("TENON_TENOND"); told != nullptr && *told != '\0') return told;
  std::error_code problem;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", problem);
  if (!problem) {
    const std::filesystem::path folder = self.parent_path();
    for (const std::filesystem::path& path : {folder / "tenond", folder.parent_path() / "sbin" / "tenond"}) {
      if (::access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return "tenond";
}

}  // namespace

void check(const CheckOptions& options) {
  std::vector<std::string> arguments{find_tenond(), "--check"};
  if (!options.properties.empty()) arguments.insert(arguments.end(), {"--properties", options.properties});
  for (const std::string& set : options.set) arguments.insert(arguments.end(), {"--set", set});
  if (options.json) arguments.emplace_back("--json");
  if (!options.syntax.empty()) arguments.emplace_back("--syntax");
  arguments.insert(arguments.end(), options.syntax.begin(), options.syntax.end());

  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  throw Failure(ExitStatus::kFailed, "cannot run " + arguments[0] + ": " + std::strerror(errno));
}

}  // namespace tenon::cli
