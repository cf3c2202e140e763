#include "support/fragile_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "support/sqlite_front.h"
#include "support/temp_folder.h"

namespace tenon::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

/// Something that was done to a file and is not synced: bytes written, or the file cut off at `offset`.
struct Change {
  std::size_t offset = 0;
  std::string bytes;
  bool cuts = false;
};

void apply(const Change& change, std::string& content) {
  if (change.cuts) {
    content.resize(std::min(content.size(), change.offset));
    return;
  }
  content.resize(std::max(content.size(), change.offset + change.bytes.size()));
  content.replace(change.offset, change.bytes.size(), change.bytes);
}

/// The change by sectors, each of which reaches the disk or does not.
std::vector<Change> sectors_of(const Change& change) {
  if (change.cuts) return {change};
  std::vector<Change> sectors;
  for (std::size_t at = 0; at < change.bytes.size();) {
    const std::size_t size = kSector - (change.offset + at) % kSector;
    sectors.push_back({change.offset + at, change.bytes.substr(at, size), false});
    at += size;
  }
  return sectors;
}

struct File {
  /// As it was synced last; nothing if it was not there.
  std::optional<std::string> synced;
  std::vector<Change> changes;
};

}  // namespace

class FragileDisk::State {
 public:
  State();
  ~State() { ::sqlite3_vfs_unregister(&vfs_); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  sqlite3_vfs& real() { return *real_; }

  /// A file that is about to be opened.
  void opening(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    if (files_.contains(path)) return;
    std::error_code ignored;
    files_.emplace(path, File{fs::exists(path, ignored) ? std::optional(read_file(path)) : std::nullopt, {}});
  }

  /// Notes a change and makes it; what SQLite is answered.
  template <class Make>
  int change(const fs::path& path, Change what, const Make& make) {
    const std::lock_guard lock(mutex_);
    if (off_) return SQLITE_IOERR_WRITE;
    if (full_ && !what.cuts) return SQLITE_FULL;
    const int made = make();
    if (made == SQLITE_OK) files_[path].changes.push_back(std::move(what));
    return made;
  }

  int sync(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    if (!off_ && left_ && *left_ == 0) off_ = true;
    if (off_) return SQLITE_IOERR_FSYNC;
    if (left_) --*left_;
    ++syncs_;
    File& file = files_[path];
    if (!file.synced) file.synced.emplace();
    for (const Change& change : std::exchange(file.changes, {})) apply(change, *file.synced);
    return SQLITE_OK;
  }

  int erase(const char* name, int sync_folder) {
    const std::lock_guard lock(mutex_);
    if (off_) return SQLITE_IOERR_DELETE;
    const int removed = real_->xDelete(real_, name, 0);
    File& file = files_[name];
    if (removed != SQLITE_OK) return removed;
    if (sync_folder != 0) {
      file = {};
    } else {
      file.changes.push_back({0, {}, true});
    }
    return SQLITE_OK;
  }

  void cut_power(std::size_t after_syncs) {
    const std::lock_guard lock(mutex_);
    off_ = after_syncs == 0;
    left_ = after_syncs;
  }

  void restore_power(std::uint32_t seed) {
    const std::lock_guard lock(mutex_);
    std::mt19937 random(seed);
    for (auto& [path, file] : files_) {
      std::error_code ignored;
      fs::remove(path.string() + "-shm", ignored);
      fs::remove(path, ignored);
      if (seed != 0) keep_some(file, random);
      if (file.synced) std::ofstream(path, std::ios::binary) << *file.synced;
    }
    files_.clear();
    left_.reset();
    off_ = false;
  }

  void set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }
  std::size_t syncs() {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }

 private:
  static void keep_some(File& file, std::mt19937& random) {
    for (const Change& change : file.changes) {
      for (const Change& sector : sectors_of(change)) {
        if (random() % 2 == 0) continue;
        if (!file.synced) file.synced.emplace();
        apply(sector, *file.synced);
      }
    }
  }

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_{};
  std::mutex mutex_;
  std::map<fs::path, File> files_;
  bool off_ = false;
  /// Syncs until the power is cut.
  std::optional<std::size_t> left_;
  bool full_ = false;
  std::size_t syncs_ = 0;
};

namespace {

struct OpenFile {
  sqlite3_file base;
  FragileDisk::State* disk;
  std::string path;

  static OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
};
static_assert(sizeof(OpenFile) <= kFrontSize);

int close_file(sqlite3_file* file) {
  const int closed = pass<&sqlite3_io_methods::xClose>(file);
  std::destroy_at(&OpenFile::of(file));
  return closed;
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const OpenFile& open = OpenFile::of(file);
  std::string copy(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  return open.disk->change(open.path, {static_cast<std::size_t>(offset), std::move(copy), false},
                           [&] { return pass<&sqlite3_io_methods::xWrite>(file, bytes, size, offset); });
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const OpenFile& open = OpenFile::of(file);
  return open.disk->change(open.path, {static_cast<std::size_t>(size), {}, true},
                           [&] { return pass<&sqlite3_io_methods::xTruncate>(file, size); });
}

int sync_file(sqlite3_file* file, int /*flags*/) { return OpenFile::of(file).disk->sync(OpenFile::of(file).path); }

int control_file(sqlite3_file* file, int what, void* argument) {
  // These would write around this disk.
  if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  return pass<&sqlite3_io_methods::xFileControl>(file, what, argument);
}

const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = passing_methods();
  methods.xClose = close_file;
  methods.xWrite = write_file;
  methods.xTruncate = truncate_file;
  methods.xSync = sync_file;
  methods.xFileControl = control_file;
  return methods;
}();

FragileDisk::State& disk_of(sqlite3_vfs* vfs) { return *static_cast<FragileDisk::State*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* opened_as) {
  sqlite3_vfs& real = disk_of(vfs).real();
  // Temporary files are missed by nobody.
  constexpr int kKept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
  if (name == nullptr || (flags & kKept) == 0) return real.xOpen(&real, name, file, flags, opened_as);
  disk_of(vfs).opening(name);
  file->pMethods = nullptr;
  const int opened = real.xOpen(&real, name, real_file(file), flags, opened_as);
  if (opened == SQLITE_OK) new (file) OpenFile{{&kMethods}, &disk_of(vfs), name};
  return opened;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) { return disk_of(vfs).erase(name, sync_folder); }

}  // namespace

FragileDisk::State::State() : real_(::sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = "fragile";
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(kFrontSize) + real_->szOsFile;
  vfs_.xOpen = open_file;
  vfs_.xDelete = delete_file;
  ::sqlite3_vfs_register(&vfs_, 1);
}

FragileDisk::FragileDisk() : state_(std::make_unique<State>()) {}
FragileDisk::~FragileDisk() = default;
void FragileDisk::cut_power(std::size_t after_syncs) { state_->cut_power(after_syncs); }
void FragileDisk::restore_power(std::uint32_t seed) { state_->restore_power(seed); }
void FragileDisk::set_full(bool full) { state_->set_full(full); }
std::size_t FragileDisk::syncs() const { return state_->syncs(); }

}  // namespace tenon::test
