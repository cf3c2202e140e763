#include "plugin/library_cache.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <tenon/log.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
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

/// A file that is open to be read, with its inode.
class Source {
 public:
  /// `flags`: besides those that any file is opened with.
  static Result<Source> open(const fs::path& file, int flags, descriptor::Trust trust) {
    Source source(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags), file);
    struct stat& status = source.status_;
    if (source.in_->get() < 0 || ::fstat(source.in_->get(), &status) != 0) {
      return unreadable(file, std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) return unreadable(file, "not a regular file");
    if (static_cast<std::size_t>(status.st_size) > kMaxLibrarySize) return unreadable(file, "larger than 1 GiB");
    if (trust == descriptor::Trust::kOwner) {
      std::string why = descriptor::folder_distrust(file.parent_path());
      if (why.empty()) why = descriptor::file_distrust(file, source.in_->get());
      if (!why.empty()) return make_error("PLUGIN.1012", "others could change the library", why);
    }
    return source;
  }

  [[nodiscard]] const struct stat& status() const noexcept { return status_; }

  [[nodiscard]] Result<std::string> content() const {
    std::string content(static_cast<std::size_t>(status_.st_size), '\0');
    std::size_t at = 0;
    while (at < content.size()) {
      const ssize_t got = ::read(in_->get(), content.data() + at, content.size() - at);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return unreadable(file_, std::strerror(errno));
      if (got == 0) return unreadable(file_, "it became shorter while it was read");
      at += static_cast<std::size_t>(got);
    }
    return content;
  }

 private:
  Source(int descriptor, fs::path file) : in_(std::make_unique<Descriptor>(descriptor)), file_(std::move(file)) {}

  std::unique_ptr<Descriptor> in_;
  fs::path file_;
  struct stat status_ {};
};

/// Has a line for each known file, after one with the run of the machine that it is of.
constexpr const char* kIndex = "index";

/// Of this run of the machine: what was written before it was switched off may not be there any more.
const std::string& boot() {
  static const std::string kBoot = [] {
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    return id;
  }();
  return kBoot;
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

/// What tells one state of a file from another.
std::string identity(const struct stat& status) {
  std::string text;
  for (const std::int64_t part :
       {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
        static_cast<std::int64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)}) {
    text.append(text.empty() ? "" : "-").append(std::to_string(part));
  }
  return text;
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
  const Result<Source> kept = Source::open(copy, O_NOFOLLOW, descriptor::Trust::kOwner);
  if (!kept || static_cast<std::size_t>(kept->status().st_size) != content.size()) return false;
  const Result<std::string> read = kept->content();
  return read && *read == content;
}

}  // namespace

LibraryCache::LibraryCache(fs::path folder) : folder_(std::move(folder)) {
  std::ifstream in(folder_ / kIndex);
  std::string line;
  if (!std::getline(in, line) || line != boot() || line.empty()) return;
  while (std::getline(in, line)) {
    const std::size_t blank = line.find(' ');
    if (blank != std::string::npos) seen_.emplace(line.substr(0, blank), line.substr(blank + 1));
  }
}

Result<fs::path> LibraryCache::copy_of(const fs::path& library, const LibraryDemands& demands) {
  const Result<Source> source = Source::open(library, 0, demands.trust);
  if (!source) return source.error();
  if (demands.sha256.empty()) {
    if (fs::path copy = known(source->status(), library.filename().string()); !copy.empty()) return copy;
  }
  if (demands.look) {
    if (Result<void> good = demands.look(); !good) return good.error();
  }
  const Result<std::string> content = source->content();
  if (!content) return content.error();
  const std::string digest = sha256(*content);
  if (!demands.sha256.empty() && demands.sha256 != digest) {
    return make_error(kOtherContent, "not the library that the descriptor names",
                      library.string() + ": expected SHA-256 " + demands.sha256 + ", found " + digest);
  }

  fs::path copy = folder_ / (digest.substr(0, kDigestInName) + "-" + library.filename().string());
  if (is_whole(copy, *content)) {
    remember(source->status(), copy);
    return copy;
  }

  std::error_code problem;
  if (fs::create_directories(folder_, problem)) {
    fs::permissions(folder_, fs::perms::owner_all, problem);  // whatever the umask
  }
  if (problem) return unwritable(folder_, problem.message().c_str());
  // Written under another name and renamed: a copy that bears its final name is whole, but for a power loss, after
  // which it is compared.
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
  if (at < content->size() || ::fchmod(out.get(), 0500) != 0 || ::rename(temporary.c_str(), copy.c_str()) != 0) {
    ErrorCode error = unwritable(copy, std::strerror(errno));
    ::unlink(temporary.c_str());
    return error;
  }
  remember(source->status(), copy);
  return copy;
}

fs::path LibraryCache::known(const struct stat& library, const std::string& name) const {
  const auto found = seen_.find(identity(library));
  if (found == seen_.end()) return {};
  const std::string& copy = found->second;
  if (copy.find('/') != std::string::npos || !copy.ends_with("-" + name)) return {};
  struct stat status {};
  fs::path path = folder_ / copy;
  const bool good = ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                    status.st_size == library.st_size && status.st_uid == ::geteuid() && (status.st_mode & 0222) == 0;
  return good ? path : fs::path();
}

void LibraryCache::remember(const struct stat& library, const fs::path& copy) {
  // A file that was written a moment ago may be written again without its times telling.
  constexpr std::int64_t kTick = 50'000'000;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (nanoseconds(now) - std::max(nanoseconds(library.st_mtim), nanoseconds(library.st_ctim)) < kTick) return;
  seen_[identity(library)] = copy.filename().string();
  changed_ = true;
}

void LibraryCache::save() const noexcept {
  if (!changed_) return;
  try {
    const fs::path temporary = folder_ / (std::string(kIndex) + ".new");
    std::string text = boot() + "\n";
    for (const auto& [file, copy] : seen_) {
      if (fs::exists(folder_ / copy)) text.append(file).append(" ").append(copy).append("\n");
    }
    const Descriptor out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (out.get() < 0 || ::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return;
    fs::rename(temporary, folder_ / kIndex);
  } catch (const std::exception& e) {
    log::debug("what is known of libraries is not kept", {{"error", e.what()}});
  }
}

void LibraryCache::keep_only(const std::set<fs::path>& copies) const noexcept {
  std::error_code ignored;
  for (fs::directory_iterator entry(folder_, ignored), end; entry != end; entry.increment(ignored)) {
    if (copies.count(entry->path()) != 0 || entry->path().filename() == kIndex) continue;
    fs::remove(entry->path(), ignored);
  }
}

}  // namespace tenon::plugin
