#pragma once

#include <tenon/error.h>

#include <filesystem>
#include <utility>

#include "store/file_lock.h"

namespace tenon::daemon {

/// Holds the state folder for this process: `lock` in it, which names the holder.
class StateLock {
 public:
  /// Makes the folder if it is not there. Errors: NODE.1001 another node holds it, NODE.1002 it can't be used.
  [[nodiscard]] static Result<StateLock> take(const std::filesystem::path& folder);

 private:
  explicit StateLock(store::FileLock lock) : lock_(std::move(lock)) {}
  store::FileLock lock_;
};

}  // namespace tenon::daemon
