#include "support/power_loss.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/sqlite_front.h"
#include "support/temp_folder.h"

namespace tenon::test {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kSuffixes{"", "-wal", "-journal"};
constexpr std::size_t kSector = 512;

fs::path image_of(const fs::path& file) { return file.string() + ".image"; }

/// One file of the database, whichever connections have it open.
class Disk {
 public:
  explicit Disk(std::string file) : file_(std::move(file)) {}

  void wrote(sqlite3_int64 offset, int size) {
    const std::lock_guard lock(mutex_);
    unsynced_.emplace_back(offset, size);
  }

  /// Brings the image up to date. One that is killed within has synced a part, as a disk may.
  bool sync() {
    const std::lock_guard lock(mutex_);
    const int from = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    const int to = ::open(image_of(file_).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    bool good = from >= 0 && to >= 0;
    std::vector<char> bytes;
    for (const auto& [offset, size] : unsynced_) {
      bytes.resize(static_cast<std::size_t>(size));
      const ssize_t read = good ? ::pread(from, bytes.data(), bytes.size(), offset) : -1;
      good = read >= 0 && ::pwrite(to, bytes.data(), static_cast<std::size_t>(read), offset) == read;
    }
    struct stat status {};
    good = good && ::fstat(from, &status) == 0 && ::ftruncate(to, status.st_size) == 0;
    if (from >= 0) ::close(from);
    if (to >= 0) ::close(to);
    if (good) unsynced_.clear();
    return good;
  }

 private:
  const std::string file_;
  std::mutex mutex_;
  std::vector<std::pair<sqlite3_int64, int>> unsynced_;
};

struct Vfs {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  bool lying = false;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Disk>> disks;

  std::shared_ptr<Disk> disk(const std::string& file) {
    const std::lock_guard lock(mutex);
    std::shared_ptr<Disk>& found = disks[file];
    if (!found) found = std::make_shared<Disk>(file);
    return found;
  }
  void forget(const std::string& file) {
    const std::lock_guard lock(mutex);
    disks.erase(file);
  }
};

Vfs& vfs() {
  static Vfs made;
  return made;
}

/// What SQLite sees as a file. The real one lies behind it in the same memory.
struct Tracked {
  sqlite3_file base;
  std::shared_ptr<Disk> disk;

  static Tracked* of(sqlite3_file* file) { return reinterpret_cast<Tracked*>(file); }
};
static_assert(sizeof(Tracked) <= kFrontSize);

int close_file(sqlite3_file* file) {
  const int closed = pass<&sqlite3_io_methods::xClose>(file);
  Tracked::of(file)->~Tracked();
  return closed;
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int written = pass<&sqlite3_io_methods::xWrite>(file, data, size, offset);
  // Not before: a sync of another connection would take it for done.
  Tracked::of(file)->disk->wrote(offset, size);
  return written;
}

int sync_file(sqlite3_file* file, int /*flags*/) {
  if (vfs().lying) return SQLITE_OK;
  return Tracked::of(file)->disk->sync() ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = passing_methods();
  methods.xClose = close_file;
  methods.xWrite = write_file;
  methods.xSync = sync_file;
  return methods;
}();

int open_file(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  constexpr int kKept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
  if (name == nullptr || (flags & kKept) == 0) return vfs().real->xOpen(vfs().real, name, file, flags, out_flags);
  const int opened = vfs().real->xOpen(vfs().real, name, real_file(file), flags, out_flags);
  file->pMethods = nullptr;
  if (opened != SQLITE_OK) return opened;
  new (file) Tracked{{&kMethods}, vfs().disk(name)};
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* /*vfs*/, const char* name, int sync) {
  vfs().forget(name);
  (void)::unlink(image_of(name).c_str());
  return vfs().real->xDelete(vfs().real, name, sync);
}

void replace(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
}

/// The image, with the sectors of the file that are kept.
std::string torn(const std::string& image, const std::string& file, const std::function<bool()>& keeps) {
  std::string result = image;
  for (std::size_t at = 0; at < file.size(); at += kSector) {
    const std::size_t size = std::min(kSector, file.size() - at);
    if (at + size <= image.size() && image.compare(at, size, file, at, size) == 0) continue;
    if (!keeps()) continue;
    if (result.size() < at + size) result.resize(at + size, '\0');
    result.replace(at, size, file, at, size);
  }
  return result;
}

}  // namespace

void install_power_loss_vfs(bool lying_disk) {
  Vfs& made = vfs();
  made.real = ::sqlite3_vfs_find(nullptr);
  made.lying = lying_disk;
  made.vfs = *made.real;
  made.vfs.zName = "power-loss";
  made.vfs.szOsFile = static_cast<int>(kFrontSize) + made.real->szOsFile;
  made.vfs.xOpen = open_file;
  made.vfs.xDelete = delete_file;
  if (::sqlite3_vfs_register(&made.vfs, 1) != SQLITE_OK) throw std::runtime_error("the VFS can't be registered");
}

void note_synced(const fs::path& database) {
  for (const char* suffix : kSuffixes) {
    const fs::path file = database.string() + suffix;
    if (fs::exists(file)) {
      replace(file, image_of(file));
    } else {
      fs::remove(image_of(file));
    }
  }
}

void lose_power(const fs::path& database, const std::function<bool()>& keeps) {
  for (const char* suffix : kSuffixes) {
    const fs::path file = database.string() + suffix;
    const fs::path image = image_of(file);
    if (keeps && fs::exists(file)) {
      const std::string kept = torn(read_file(image), read_file(file), keeps);
      if (!kept.empty() || fs::exists(image)) std::ofstream(image, std::ios::binary) << kept;
    }
    if (fs::exists(image)) {
      replace(image, file);
    } else {
      fs::remove(file);
    }
  }
  fs::remove(database.string() + "-shm");
}

}  // namespace tenon::test
