#pragma once

#include <filesystem>
#include <string>

/// Where Tenon is installed: defaults of the node's properties.
namespace tenon::daemon {

/// Of the project, e.g. `0.1.0`.
extern const char* const kVersion;
inline constexpr const char* kStateFolder = "/var/lib/tenon";
inline constexpr const char* kSocket = "/run/tenon/tenon.sock";

struct InstallPaths {
  std::filesystem::path prefix;
  std::filesystem::path properties;
  /// Folders separated by ':'.
  std::string descriptors;
  std::string plugins;
  /// Of new plugins.
  std::filesystem::path templates;
};

/// From where this program lies, so that an installation may be moved, or made with another prefix than configured;
/// from the configured prefix for a program that is not installed. Below the prefix `/usr`, the configuration is in
/// `/etc`.
[[nodiscard]] InstallPaths find_install_paths();

}  // namespace tenon::daemon
