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
/// So many letters of the digest name a copy.
constexpr std::size_t kDigestInName = 32;

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

/// `flags`: besides those that any file is opened with.
Result<std::string> read_whole(const fs::path& file, int flags, descriptor::Trust trust) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags));
  struct stat status {};
  if (in.get() < 0 || ::fstat(in.get(), &status) != 0) return unreadable(file, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unreadable(file, "not a regular file");
  if (static_cast<std::size_t>(status.st_size) > kMaxLibrarySize) return unreadable(file, "larger than 1 GiB");
  if (trust == descriptor::Trust::kOwner) {
    std::string why = descriptor::folder_distrust(file.parent_path());
    if (why.empty()) why = descriptor::file_distrust(file, in.get());
    if (!why.empty()) return make_error("PLUGIN.1012", "others could change the library", why);
  }
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

std::string sha256(const std::string& content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text.push_back(kHex[digest[i] >> 4]);
    text.push_back(kHex[digest[i] & 15]);
  }
  return text;
}

/// Whether the copy is what was copied, and nobody else's file.
bool is_whole(const fs::path& copy, const std::string& content) {
  const Result<std::string> kept = read_whole(copy, O_NOFOLLOW, descriptor::Trust::kOwner);
  return kept && *kept == content;
}

}  // namespace

LibraryCache::LibraryCache(fs::path folder) : folder_(std::move(folder)) {}

Result<fs::path> LibraryCache::copy_of(const fs::path& library, const LibraryDemands& demands) {
  Result<std::string> content = read_whole(library, 0, demands.trust);
  if (!content) return std::move(content).error();
  const std::string digest = sha256(*content);
  if (!demands.sha256.empty() && demands.sha256 != digest) {
    return make_error(kOtherContent, "not the library that the descriptor names",
                      library.string() + ": expected SHA-256 " + demands.sha256 + ", found " + digest);
  }

  fs::path copy = folder_ / (digest.substr(0, kDigestInName) + "-" + library.filename().string());
  if (is_whole(copy, *content)) return copy;

  std::error_code problem;
  if (fs::create_directories(folder_, problem)) {
    fs::permissions(folder_, fs::perms::owner_all, problem);  // whatever the umask
  }
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
