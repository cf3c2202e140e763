#pragma once

#include <tenon/error.h>

#include <filesystem>
#include <utility>

namespace tenon::store {

/// A file that one process holds; it names the holder. Freed when the process ends, however it ends.
class FileLock {
 public:
  /// Makes the file if it is not there. STORE.1012: another process holds it, `process` in the elaboration; STORE.1013:
  /// the file can't be used.
  [[nodiscard]] static Result<FileLock> take(const std::filesystem::path& file);

  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tenon::store
