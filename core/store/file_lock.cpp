#include "store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "store/errors.h"

namespace tenon::store {
namespace {

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return pid.substr(0, pid.find_first_not_of("0123456789"));
}

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& file) {
  const auto unusable = [&] { return store_error(kInputOutput, file.string() + ": " + std::strerror(errno)); };
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (descriptor < 0) return unusable();
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unusable();
    const std::string process = holder(descriptor);
    ErrorCode error = store_error(kInUse, file.string() + " (process " + process + ")");
    error.elaboration["process"] = process;
    return error;
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, pid.data(), pid.size(), 0) < 0) return unusable();
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tenon::store
