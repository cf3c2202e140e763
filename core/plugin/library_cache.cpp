#include "plugin/library_cache.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace tenon::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLibrarySize = std::size_t{1} << 30;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

ErrorCode unreadable(const fs::path& file, const char* why) {
  return make_error("PLUGIN.1001", "cannot read the library", file.string() + ": " + why);
}
ErrorCode unwritable(const fs::path& file, const char* why) {
  return make_error("PLUGIN.1005", "cannot keep a copy of the library", file.string() + ": " + why);
}

Result<std::string> read_whole(const fs::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (in.get() < 0 || ::fstat(in.get(), &status) != 0) return unreadable(file, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unreadable(file, "not a regular file");
  if (static_cast<std::size_t>(status.st_size) > kMaxLibrarySize) return unreadable(file, "larger than 1 GiB");
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t at = 0;
  while (at < content.size()) {
    ssize_t got = ::read(in.get(), content.data() + at, content.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(file, std::strerror(errno));
    if (got == 0) return unreadable(file, "it became shorter while it was read");
    at += static_cast<std::size_t>(got);
  }
  return content;
}

std::string fingerprint(const std::string& content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size && i < 16; ++i) {
    text.push_back(kHex[digest[i] >> 4]);
    text.push_back(kHex[digest[i] & 15]);
  }
  return text;
}

}  // namespace

LibraryCache::LibraryCache(fs::path folder) : folder_(std::move(folder)) {}

Result<fs::path> LibraryCache::copy_of(const fs::path& library) {
  Result<std::string> content = read_whole(library);
  if (!content) return std::move(content).error();

  fs::path copy = folder_ / (fingerprint(*content) + "-" + library.filename().string());
  struct stat status {};
  if (::stat(copy.c_str(), &status) == 0 && static_cast<std::size_t>(status.st_size) == content->size()) return copy;

  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (problem) return unwritable(folder_, problem.message().c_str());
  // Written under another name, synced and renamed: a copy that bears its final name is whole, also after a power loss.
  std::string temporary = copy.string() + ".XXXXXX";
  const Descriptor out(::mkostemp(temporary.data(), O_CLOEXEC));
  if (out.get() < 0) return unwritable(temporary, std::strerror(errno));
  std::size_t at = 0;
  while (at < content->size()) {
    ssize_t put = ::write(out.get(), content->data() + at, content->size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) break;
    at += static_cast<std::size_t>(put);
  }
  if (at < content->size() || ::fchmod(out.get(), 0500) != 0 || ::fsync(out.get()) != 0 ||
      ::rename(temporary.c_str(), copy.c_str()) != 0) {
    ErrorCode error = unwritable(copy, std::strerror(errno));
    ::unlink(temporary.c_str());
    return error;
  }
  return copy;
}

void LibraryCache::keep_only(const std::set<fs::path>& copies) const noexcept {
  std::error_code ignored;
  for (fs::directory_iterator entry(folder_, ignored), end; entry != end; entry.increment(ignored)) {
    if (copies.count(entry->path()) == 0) fs::remove(entry->path(), ignored);
  }
}

}  // namespace tenon::plugin
