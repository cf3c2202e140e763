#pragma once

#include <tenon/error.h>

#include <filesystem>
#include <utility>

namespace tenon::daemon {

/// Holds the state folder for this process: `lock` in it, which names the holder.
class StateLock {
 public:
  /// Makes the folder if it is not there. Errors: NODE.1001 another node holds it, NODE.1002 it can't be used.
  [[nodiscard]] static Result<StateLock> take(const std::filesystem::path& folder);

  StateLock(StateLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tenon::daemon
