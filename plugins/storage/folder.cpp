#include "folder.h"

#include <tenon/log.h>
#include <tenon/storage/command.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

namespace storage {
namespace {

namespace fs = std::filesystem;
using tenon::ErrorCode;
using tenon::make_error;
using tenon::Result;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::StorageCapacity;
using tenon::iaas::Volume;
using tenon::iaas::VolumeLocation;
using tenon::iaas::VolumeSpec;

std::error_code last_error() { return {errno, std::generic_category()}; }

ErrorCode storage_error(const fs::path& path, const std::string& reason) {
  return make_error("STORAGE.1001", "the folder can't be used", path.string() + ": " + reason);
}
ErrorCode volume_error(const fs::path& path, const std::string& reason) {
  return make_error("STORAGE.1003", "a volume's file can't be handled", path.string() + ": " + reason);
}

fs::path unfinished_file(const fs::path& folder, const std::string& name) {
  static constinit std::atomic<unsigned> count{0};
  return folder / (unfinished_prefix(name) + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1)));
}

/// What the file system keeps of `path`, a file or a folder, outlives a loss of power from here on.
std::error_code sync_to_disk(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return last_error();
  const std::error_code result = ::fsync(fd) == 0 ? std::error_code() : last_error();
  ::close(fd);
  return result;
}

/// Removes a file when it goes out of scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

}  // namespace

Result<void> Folder::ping() {
  std::error_code error;
  if (!fs::is_directory(path_, error)) return storage_error(path_, error ? error.message() : "it is no folder");
  if (::access(path_.c_str(), R_OK | W_OK | X_OK) != 0) return storage_error(path_, last_error().message());
  return {};
}

Result<StorageCapacity> Folder::capacity() {
  std::error_code error;
  const fs::space_info space = fs::space(path_, error);
  if (error) return storage_error(path_, error.message());
  return StorageCapacity{space.capacity, space.available};
}

Result<void> Folder::make_image(const fs::path& file, const VolumeSpec& spec, const std::string& image) const {
  auto made = run_command(create_arguments(qemu_img_.program, file.string(), spec, image), qemu_img_.limit);
  if (!made) return std::move(made).error();
  if (auto error = sync_to_disk(file)) return volume_error(file, error.message());
  return {};
}

Result<Volume> Folder::create_volume(const VolumeSpec& spec) {
  if (auto good = check(spec); !good) return std::move(good).error();
  const auto image = image_file(spec);
  if (!image) return image.error();
  if (auto usable = ping(); !usable) return std::move(usable).error();
  const fs::path file = file_of(spec.name);
  const Volume volume{spec.name, VolumeLocation{"file", file.string(), {}, {}}, "qcow2"};
  std::error_code error;
  if (!fs::exists(file, error)) {
    auto made = make_volume(file, spec, *image);
    if (!made && !fs::exists(file, error)) return std::move(made).error();
  }
  // An attempt that is still at work loses its file by this, and finds the volume instead.
  if (auto cleared = remove_unfinished(spec.name); !cleared) return std::move(cleared).error();
  if (error = sync_to_disk(path_); error) return volume_error(path_, error.message());
  return volume;
}

Result<void> Folder::make_volume(const fs::path& file, const VolumeSpec& spec, const std::string& image) const {
  TemporaryFile unfinished(unfinished_file(path_, spec.name));
  if (auto made = make_image(unfinished.path(), spec, image); !made) return made;
  // A link, unlike a rename, never replaces: of two attempts at once the first one's file stays.
  if (::link(unfinished.path().c_str(), file.c_str()) != 0) {
    return errno == EEXIST ? Result<void>() : volume_error(file, last_error().message());
  }
  tenon::log::info("volume created", {{"file", file.string()}});
  return {};
}

Result<void> Folder::delete_volume(const std::string& name) {
  if (!is_volume_name(name)) return bad_order("name '" + name + "'");
  // Unfinished files first: whoever is at work on one can't finish it any more, and so makes no file after this.
  if (auto cleared = remove_unfinished(name); !cleared) return cleared;
  const fs::path file = file_of(name);
  if (::unlink(file.c_str()) != 0) {
    if (errno != ENOENT) return volume_error(file, last_error().message());
  } else {
    tenon::log::info("volume deleted", {{"file", file.string()}});
  }
  if (const auto error = sync_to_disk(path_)) return volume_error(path_, error.message());
  return {};
}

Result<void> Folder::remove_unfinished(const std::string& name) const {
  std::error_code error;
  fs::directory_iterator entry(path_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename().string().starts_with(unfinished_prefix(name)) && ::unlink(path.c_str()) != 0 &&
        errno != ENOENT) {
      return volume_error(path, last_error().message());
    }
  }
  return error ? storage_error(path_, error.message()) : Result<void>();
}

std::optional<std::string> Folder::volume_at(const VolumeLocation& location) {
  if (location.protocol != "file") return std::nullopt;
  const fs::path file = fs::path(location.path).lexically_normal();
  if (file.parent_path() != path_ || file.extension() != kVolumeExtension) return std::nullopt;
  std::string name = file.stem().string();
  return is_volume_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

Result<std::vector<std::string>> Folder::list() {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(path_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return storage_error(path_, error.message());
  std::sort(names.begin(), names.end());
  return names;
}

Result<tenon::Owned<tenon::iaas::PrimaryStorage>> FolderFactory::create(const PrimaryStorageRecord& record) {
  fs::path path = fs::path(record.url).lexically_normal();
  if (!path.is_absolute()) {
    return make_error("STORAGE.1004", "not the url of a folder",
                      "storage " + record.name + ": expected an absolute path, found '" + record.url + "'");
  }
  if (!path.has_filename()) path = path.parent_path();
  return tenon::make_owned<tenon::iaas::PrimaryStorage, Folder>(std::move(path), QemuImg{qemu_img, qemu_img_limit});
}

}  // namespace storage
