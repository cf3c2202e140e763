#include "state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace compute {
namespace {

using tenon::ErrorCode;
using tenon::make_error;
using tenon::Result;

/// Closed when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

std::string reason(int error) { return std::generic_category().message(error); }

ErrorCode unreadable(const std::filesystem::path& path, int error) {
  return make_error("REGISTRY.1005", "what is kept can't be read", path.string() + ": " + reason(error));
}
ErrorCode unwritable(const std::filesystem::path& path, const std::string& why) {
  return make_error("REGISTRY.1006", "what is to be kept can't be written", path.string() + ": " + why);
}

FileVersion version_of(const struct stat& status) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec};
}

/// 0 or an errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

int sync_folder(const std::filesystem::path& folder) {
  Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::fsync(fd.get()) == 0 ? 0 : errno;
}

}  // namespace

Result<std::optional<FileVersion>> StateFile::version() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0) return std::optional(version_of(status));
  if (errno == ENOENT) return std::optional<FileVersion>();
  return unreadable(path_, errno);
}

Result<std::optional<FileContent>> StateFile::read() const {
  Descriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno == ENOENT ? Result<std::optional<FileContent>>(std::nullopt) : unreadable(path_, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return unreadable(path_, errno);
  FileContent content{{}, version_of(status)};
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count == 0) return std::optional(std::move(content));
    if (count < 0 && errno != EINTR) return unreadable(path_, errno);
    if (count > 0) content.text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

StateFile::Lock::Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
StateFile::Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<StateFile::Lock> StateFile::lock() const {
  std::error_code failed;
  std::filesystem::create_directories(path_.parent_path(), failed);
  if (failed) return unwritable(path_.parent_path(), failed.message());
  // Not the file itself: that is another one after each replacement.
  const std::string lock_path = path_.string() + ".lock";
  Descriptor fd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return unwritable(lock_path, reason(errno));
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return unwritable(lock_path, reason(errno));
  }
  return Lock(fd.release());
}

Result<FileVersion> StateFile::replace(std::string_view text) const {
  const std::string temporary = path_.string() + ".new";
  Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return unwritable(temporary, reason(errno));
  int failed = write_all(fd.get(), text);
  struct stat status {};
  if (failed == 0 && ::fstat(fd.get(), &status) != 0) failed = errno;
  if (failed == 0 && ::rename(temporary.c_str(), path_.c_str()) != 0) failed = errno;
  if (failed != 0) {
    ::unlink(temporary.c_str());
    return unwritable(path_, reason(failed));
  }
  if (const int unsynced = sync_folder(path_.parent_path()); unsynced != 0) {
    return unwritable(path_.parent_path(), reason(unsynced));
  }
  return version_of(status);
}

}  // namespace compute
