#pragma once

#include <tenon/error.h>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "descriptor/file_trust.h"

namespace tenon::plugin {

/// The code of the error that a library has another content than is asked for.
inline constexpr std::string_view kOtherContent = "PLUGIN.1013";

/// What is asked of a library's file before anything is made of it.
struct LibraryDemands {
  descriptor::Trust trust = descriptor::Trust::kOwner;
  /// Of its content, in small hexadecimal letters; empty: any.
  std::string sha256 = {};
};

/// Private copies of libraries, named by their content. A library is loaded from its copy, so that installing a new
/// file over the original neither changes running code nor gives the old handle (both happen without copies). Copies
/// are kept between starts. The folder must allow execution and belong to one node.
class LibraryCache {
 public:
  explicit LibraryCache(std::filesystem::path folder);

  /// The copy of `library` as it is now; made and synced if there is none yet. The file is opened once: what is looked
  /// at is what is copied. Errors: PLUGIN.1001 unreadable, PLUGIN.1005 the copy can't be written, PLUGIN.1012 it or its
  /// folder is not trusted, PLUGIN.1013 it has another SHA-256.
  [[nodiscard]] Result<std::filesystem::path> copy_of(const std::filesystem::path& library,
                                                      const LibraryDemands& demands = {});

  /// Removes all copies but these.
  void keep_only(const std::set<std::filesystem::path>& copies) const noexcept;

 private:
  std::filesystem::path folder_;
};

}  // namespace tenon::plugin
