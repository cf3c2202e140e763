#pragma once

#include "descriptor/properties.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace tenon::descriptor {

/// Whose files the node takes code, and what is done with it, from.
enum class Trust {
  /// Those of root and of the node's (effective) user, which no one else may write; so for their folders.
  kOwner,
  /// Anyone's: for development.
  kAny,
};

/// The node's property that says so, `owner` or `any`.
inline constexpr std::string_view kTrustProperty = "tenon.plugins.trust";

/// What the property says; kOwner if it is not set, or is neither.
[[nodiscard]] Trust trust_of(const Properties& properties);

/// Why the folder, by this path, could be written by others than root and the node's user; empty if it could not. A
/// sticky bit does not help: new files may still be put there. What can't be looked at is not complained about here.
[[nodiscard]] std::string folder_distrust(const std::filesystem::path& folder);

/// As folder_distrust, of a file that is open, so that what is read afterwards is what was looked at; and of the folder
/// that it really lies in, if symbolic links led elsewhere. `path` is what it was opened by.
[[nodiscard]] std::string file_distrust(const std::filesystem::path& path, int descriptor);

}  // namespace tenon::descriptor
