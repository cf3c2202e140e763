#include "support/fragile_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
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

namespace tenon::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

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
    files_.emplace(path, File{fs::exists(path, ignored) ? std::optional(content_of(path)) : std::nullopt, {}});
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

/// What SQLite takes for its file; the real one lies behind it.
struct OpenFile {
  sqlite3_file base;
  FragileDisk::State* disk;
  /// Empty: a temporary file, which nobody misses.
  std::string path;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

OpenFile& open_file(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return open_file(file).real(); }

int close(sqlite3_file* file) {
  const int closed = real(file)->pMethods->xClose(real(file));
  std::destroy_at(&open_file(file));
  return closed;
}
int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), out, size, offset);
}
int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  OpenFile& open = open_file(file);
  const auto make = [&] { return real(file)->pMethods->xWrite(real(file), bytes, size, offset); };
  if (open.path.empty()) return make();
  std::string copy(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  return open.disk->change(open.path, {static_cast<std::size_t>(offset), std::move(copy), false}, make);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile& open = open_file(file);
  const auto make = [&] { return real(file)->pMethods->xTruncate(real(file), size); };
  if (open.path.empty()) return make();
  return open.disk->change(open.path, {static_cast<std::size_t>(size), {}, true}, make);
}
int sync(sqlite3_file* file, int /*flags*/) {
  return open_file(file).path.empty() ? SQLITE_OK : open_file(file).disk->sync(open_file(file).path);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_lock(sqlite3_file* file, int* held) { return real(file)->pMethods->xCheckReservedLock(real(file), held); }
int control(sqlite3_file* file, int what, void* argument) {
  // Would write around this disk.
  if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int characteristics(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int unmap_shared(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

constexpr sqlite3_io_methods kMethods{
    2,          close,   read,        write,           truncate,   sync,        file_size, lock,         unlock,
    check_lock, control, sector_size, characteristics, map_shared, lock_shared, barrier,   unmap_shared, nullptr,
    nullptr};

FragileDisk::State& disk_of(sqlite3_vfs* vfs) { return *static_cast<FragileDisk::State*>(vfs->pAppData); }

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* opened_as) {
  FragileDisk::State& disk = disk_of(vfs);
  constexpr int kKept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
  const bool kept = name != nullptr && (flags & kKept) != 0;
  if (kept) disk.opening(name);
  auto* mine = new (file) OpenFile{{nullptr}, &disk, kept ? name : ""};
  const int opened = disk.real().xOpen(&disk.real(), name, mine->real(), flags, opened_as);
  if (opened == SQLITE_OK) {
    mine->base.pMethods = &kMethods;
  } else {
    std::destroy_at(mine);
  }
  return opened;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) { return disk_of(vfs).erase(name, sync_folder); }

}  // namespace

FragileDisk::State::State() : real_(::sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = "fragile";
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(OpenFile)) + real_->szOsFile;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  ::sqlite3_vfs_register(&vfs_, 1);
}

FragileDisk::FragileDisk() : state_(std::make_unique<State>()) {}
FragileDisk::~FragileDisk() = default;
void FragileDisk::cut_power(std::size_t after_syncs) { state_->cut_power(after_syncs); }
void FragileDisk::restore_power(std::uint32_t seed) { state_->restore_power(seed); }
void FragileDisk::set_full(bool full) { state_->set_full(full); }
std::size_t FragileDisk::syncs() const { return state_->syncs(); }

}  // namespace tenon::test
