#include "wiring/folder_watcher.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <tenon/log.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tenon::wiring {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::array<const char*, 6> kBelow{"chains", "services", "errors", "config", "tags", "schema"};
constexpr std::uint32_t kContents = IN_CLOSE_WRITE | IN_CREATE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                    IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
/// Of the folder above a wanted one: that it comes and goes.
constexpr std::uint32_t kComing = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE;

/// Names that editors, package managers and copiers give to what is not finished.
bool is_temporary(std::string_view name) {
  return name.starts_with('.') || name.ends_with('~') || name.ends_with(".tmp") || name.ends_with(".new") ||
         name.ends_with(".swp") || name.ends_with(".dpkg-new") || name.ends_with(".dpkg-tmp");
}

/// Made to be written, so that a close of it will come.
bool will_be_closed(const fs::path& file) {
  struct stat status {};
  return ::lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

}  // namespace

FolderWatcher::FolderWatcher(WatchOptions options) : options_(std::move(options)) {
  descriptor_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "inotify_init1");
  watch_all();
}

FolderWatcher::~FolderWatcher() { ::close(descriptor_); }

void FolderWatcher::watch_all() {
  wanted_.clear();
  for (const fs::path& given : options_.folders) {
    std::error_code problem;
    fs::path folder = fs::absolute(given, problem).lexically_normal();
    if (!folder.has_filename()) folder = folder.parent_path();
    wanted_.insert(folder);
    for (const char* below : kBelow) wanted_.insert(folder / below);
    for (fs::directory_iterator entry(folder / "schema", problem), end; !problem && entry != end;
         entry.increment(problem)) {
      if (entry->is_directory(problem)) wanted_.insert(entry->path());
    }
  }
  std::set<fs::path> above;
  for (const fs::path& folder : wanted_) above.insert(folder.parent_path());
  // Watches of folders that are wanted themselves are the wider ones, and come last.
  for (const fs::path& folder : above) {
    if (wanted_.count(folder) == 0) watch(folder, kComing);
  }
  for (const fs::path& folder : wanted_) watch(folder, kContents);
}

void FolderWatcher::watch(const fs::path& folder, std::uint32_t events) {
  const int made = ::inotify_add_watch(descriptor_, folder.c_str(), events | IN_ONLYDIR);
  if (made >= 0) {
    watches_[made] = folder;
  } else if (errno != ENOENT && errno != ENOTDIR) {
    log::warning("a folder can't be watched: its changes count after a reload by hand",
                 {{"folder", folder.string()}, {"error", std::strerror(errno)}});
  }
}

void FolderWatcher::read() {
  alignas(inotify_event) std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      take_in(event.wd, event.mask, event.len > 0 ? std::string_view(name) : std::string_view());
    }
  }
}

void FolderWatcher::take_in(int watch, std::uint32_t events, std::string_view name) {
  const Time now = Clock::now();
  const auto change = [&] {
    pending_ = true;
    last_ = now;
  };
  if ((events & IN_Q_OVERFLOW) != 0) {
    written_.clear();
    watch_all();
    return change();
  }
  const auto found = watches_.find(watch);
  if (found == watches_.end()) return;
  const fs::path folder = found->second;
  if ((events & IN_IGNORED) != 0) {
    watches_.erase(found);
    return;
  }
  if ((events & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
    // Under another name it is none of ours any more.
    ::inotify_rm_watch(descriptor_, watch);
    watches_.erase(found);
    watch_all();
    return change();
  }
  const fs::path path = folder / name;
  if ((events & IN_ISDIR) != 0) {
    const bool schema = folder.filename() == "schema" && wanted_.count(folder) != 0;
    if (wanted_.count(path) == 0 && !schema) return;
    watch_all();
    return change();
  }
  if (wanted_.count(folder) == 0 || is_temporary(name)) return;
  if ((events & IN_MODIFY) != 0 || ((events & IN_CREATE) != 0 && will_be_closed(path))) {
    written_[path] = now;
  } else if ((events & (IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)) != 0) {
    written_.erase(path);
  }
  change();
}

FolderWatcher::Time FolderWatcher::due() const {
  Time due = last_ + options_.quiet;
  for (const auto& [file, seen] : written_) due = std::max(due, seen + options_.abandoned);
  return due;
}

std::optional<std::chrono::milliseconds> FolderWatcher::due_in() const {
  if (!pending_) return std::nullopt;
  return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(due() - Clock::now()));
}

bool FolderWatcher::take() {
  if (!pending_ || Clock::now() < due()) return false;
  pending_ = false;
  written_.clear();
  return true;
}

std::chrono::milliseconds FolderWatcher::quiet_for() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last_);
}

}  // namespace tenon::wiring
