#include "daemon/install_paths.h"

#include <system_error>

#include "daemon/install_folders.h"

namespace tenon::daemon {

namespace fs = std::filesystem;

const char* const kVersion = kConfiguredVersion;

namespace {

/// The folder of which `path` is `below`; empty if it is not.
fs::path folder_above(fs::path path, const fs::path& below) {
  for (fs::path left = below; !left.empty(); left = left.parent_path(), path = path.parent_path()) {
    if (left.filename() != path.filename()) return {};
  }
  return path;
}

fs::path find_prefix() {
  std::error_code problem;
  const fs::path program = fs::read_symlink("/proc/self/exe", problem);
  const fs::path folder = kProgramFolder;
  if (problem || folder.is_absolute()) return kPrefix;
  const fs::path prefix = folder_above(program.parent_path(), folder);
  return prefix.empty() ? kPrefix : prefix;
}

}  // namespace

InstallPaths find_install_paths() {
  const fs::path prefix = find_prefix();
  const fs::path below_usr = prefix == "/usr" ? "/" : prefix;
  const fs::path configuration = below_usr / kConfigurationFolder / "tenon";
  InstallPaths paths;
  paths.prefix = prefix;
  paths.properties = configuration / "tenon.properties";
  paths.descriptors =
      (prefix / kDataFolder / "tenon/descriptors").string() + ":" + (configuration / "descriptors").string();
  paths.plugins = (prefix / kLibraryFolder / "tenon/plugins").string();
  paths.templates = prefix / kDataFolder / "tenon/templates";
  return paths;
}

}  // namespace tenon::daemon
