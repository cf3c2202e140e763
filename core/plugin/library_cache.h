#pragma once

#include <tenon/error.h>

#include <filesystem>
#include <set>

namespace tenon::plugin {

/// Private copies of libraries, named by their content. A library is loaded from its copy, so that installing a new
/// file over the original neither changes running code nor gives the old handle (both happen without copies). Copies
/// are kept between starts. The folder must allow execution and belong to one node.
class LibraryCache {
 public:
  explicit LibraryCache(std::filesystem::path folder);

  /// The copy of `library` as it is now; made and synced if there is none yet. Errors: PLUGIN.1001 unreadable,
  /// PLUGIN.1005 the copy can't be written.
  [[nodiscard]] Result<std::filesystem::path> copy_of(const std::filesystem::path& library);

  /// Removes all copies but these.
  void keep_only(const std::set<std::filesystem::path>& copies) const noexcept;

 private:
  std::filesystem::path folder_;
};

}  // namespace tenon::plugin
