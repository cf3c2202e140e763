#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace compute {

/// One version of a file: each replacement makes another one.
struct FileVersion {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;
  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

struct FileContent {
  std::string text;
  FileVersion version;
};

/// A file that is replaced as a whole: whoever reads it, also after a loss of power, finds one version or the next, and
/// never a part. Errors: REGISTRY.1005 it can't be read; REGISTRY.1006 it can't be written. Any thread; blocks.
class StateFile {
 public:
  explicit StateFile(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Nothing if there is no file.
  [[nodiscard]] tenon::Result<std::optional<FileVersion>> version() const;
  [[nodiscard]] tenon::Result<std::optional<FileContent>> read() const;

  /// Keeps other holders out, those in other processes too, until it is destroyed.
  class Lock {
   public:
    explicit Lock(int fd) noexcept : fd_(fd) {}
    Lock(Lock&& other) noexcept;
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    int fd_;
  };
  /// Makes the file's folder, if that is missing, and in it a file for the lock.
  [[nodiscard]] tenon::Result<Lock> lock() const;

  /// Durable when it returns. Under the lock.
  [[nodiscard]] tenon::Result<FileVersion> replace(std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace compute
