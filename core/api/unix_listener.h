#pragma once

#include <tenon/error.h>

#include <filesystem>
#include <utility>

namespace tenon::api {

/// A listening Unix socket, and the file that it is found by. The file goes with it.
class UnixListener {
 public:
  /// Makes the folder of `path` and binds with mode 0660. A socket that nobody listens to any more is replaced. Errors:
  /// API.1001 somebody listens there already, API.1002 it can't be made.
  [[nodiscard]] static Result<UnixListener> open(const std::filesystem::path& path);

  UnixListener(UnixListener&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  UnixListener(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_;
  std::filesystem::path path_;
};

}  // namespace tenon::api
