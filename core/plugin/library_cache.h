#pragma once

#include <tenon/error.h>

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <map>
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
  /// Asked before the file is read for the first time; what it refuses is not copied. May be empty.
  std::function<Result<void>()> look = {};
};

/// Private copies of libraries, named by their content. A library is loaded from its copy, so that installing a new
/// file over the original neither changes running code nor gives the old handle (both happen without copies). Copies
/// are kept between starts: while the machine runs, a file whose inode says that it is the same is not read again;
/// after that, it is compared with its copy, as a copy may be torn after a power loss. The folder must allow execution
/// and belong to one node.
class LibraryCache {
 public:
  explicit LibraryCache(std::filesystem::path folder);

  /// The copy of `library` as it is now; made if there is none yet. The file is opened once: what is looked
  /// at is what is copied. Errors: PLUGIN.1001 unreadable, PLUGIN.1005 the copy can't be written, PLUGIN.1012 it or its
  /// folder is not trusted, PLUGIN.1013 it has another SHA-256.
  [[nodiscard]] Result<std::filesystem::path> copy_of(const std::filesystem::path& library,
                                                      const LibraryDemands& demands = {});

  /// Keeps what was found out about files for the next start. Errors are passed over: then they are read again.
  void save() const noexcept;

  /// Removes all copies but these.
  void keep_only(const std::set<std::filesystem::path>& copies) const noexcept;

 private:
  /// What the file was copied to since the machine was started, if neither of them has changed since; else empty.
  [[nodiscard]] std::filesystem::path known(const struct stat& library, const std::string& name) const;
  void remember(const struct stat& library, const std::filesystem::path& copy);

  std::filesystem::path folder_;
  /// From what an inode says to the name of the copy.
  std::map<std::string, std::string> seen_;
  bool changed_ = false;
};

}  // namespace tenon::plugin
