#include "tenond_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

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

[[noreturn]] void become_tenond(std::vector<std::string> arguments, const TenondOptions& options) {
  arguments.insert(arguments.begin(), find_tenond());
  if (!options.properties.empty()) arguments.insert(arguments.end(), {"--properties", options.properties});
  for (const std::string& set : options.set) arguments.insert(arguments.end(), {"--set", set});
  if (options.json) arguments.emplace_back("--json");

  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  throw Failure(ExitStatus::kFailed, "cannot run " + arguments[0] + ": " + std::strerror(errno));
}

}  // namespace

void check(const TenondOptions& options, const std::vector<std::string>& syntax) {
  std::vector<std::string> arguments{"--check"};
  if (!syntax.empty()) arguments.emplace_back("--syntax");
  arguments.insert(arguments.end(), syntax.begin(), syntax.end());
  become_tenond(std::move(arguments), options);
}

void store(const TenondOptions& options, const std::vector<std::string>& command) {
  std::vector<std::string> arguments{"--store"};
  arguments.insert(arguments.end(), command.begin(), command.end());
  become_tenond(std::move(arguments), options);
}

void verify(const TenondOptions& options, const VerifyCommand& command) {
  std::vector<std::string> arguments{"--verify", command.file};
  if (!command.descriptor.empty()) arguments.insert(arguments.end(), {"--descriptor", command.descriptor});
  if (!command.rounds.empty()) arguments.insert(arguments.end(), {"--rounds", command.rounds});
  become_tenond(std::move(arguments), options);
}

void new_plugin(const NewPluginCommand& command) {
  std::vector<std::string> arguments{"--new", command.name};
  if (!command.driver.empty()) arguments.insert(arguments.end(), {"--driver", command.driver});
  if (command.flow) arguments.emplace_back("--flow");
  if (command.service) arguments.emplace_back("--service");
  if (!command.extension.empty()) arguments.insert(arguments.end(), {"--extension", command.extension});
  if (!command.folder.empty()) arguments.insert(arguments.end(), {"--folder", command.folder});
  become_tenond(std::move(arguments), {});
}

}  // namespace tenon::cli
