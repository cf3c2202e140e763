#include "primary_storage.h"

#include "session.h"

#include <tenon/log.h>
#include <tenon/storage/command.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <random>
#include <utility>

namespace nfs {
namespace {

using tenon::Result;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::StorageCapacity;
using tenon::iaas::Volume;
using tenon::iaas::VolumeLocation;
using tenon::iaas::VolumeSpec;

std::string file_of(std::string name) { return name += storage::kVolumeExtension; }

/// Other nodes make files in the same folder, so it is not enough that a name is this process's own.
std::string unfinished_file(const std::string& name) {
  std::random_device random;
  char digits[16];
  const auto number = (static_cast<std::uint64_t>(random()) << 32) | random();
  const auto written = std::to_chars(digits, digits + sizeof digits, number, 16);
  return storage::unfinished_prefix(name) + std::string(digits, written.ptr);
}

/// The image as QEMU opens it; empty if the order has none.
Result<std::string> image_address(const VolumeSpec& spec) {
  if (!spec.image || spec.image->location.protocol != "nfs") return storage::image_file(spec);
  const VolumeLocation& location = spec.image->location;
  const std::string host = location.host.value_or("");
  if (location.port || !location.path.starts_with('/') || !parse_export(url_of(host, location.path))) {
    return storage::bad_order(spec.name + " has an image that QEMU can't open by NFS: host '" + host + "', path '" +
                              location.path + "'" + (location.port ? ", with a port" : ""));
  }
  return url_of(host, location.path);
}

/// What broken-off attempts at a volume have left.
Result<void> remove_unfinished(Session& session, const std::string& name) {
  const auto names = session.names();
  if (!names) return names.error();
  const std::string prefix = storage::unfinished_prefix(name);
  for (const std::string& each : *names) {
    if (!each.starts_with(prefix)) continue;
    if (auto removed = session.remove(each); !removed) return std::move(removed).error();
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Session>> PrimaryStorage::open() const { return Session::open(folder_, timeout_); }

Result<void> PrimaryStorage::ping() {
  auto session = open();
  if (!session) return std::move(session).error();
  return (*session)->check_access();
}

Result<StorageCapacity> PrimaryStorage::capacity() {
  auto session = open();
  if (!session) return std::move(session).error();
  return (*session)->capacity();
}

Result<Volume> PrimaryStorage::create_volume(const VolumeSpec& spec) {
  if (auto good = storage::check(spec); !good) return std::move(good).error();
  const auto image = image_address(spec);
  if (!image) return image.error();
  const std::string file = file_of(spec.name);
  const Volume volume{spec.name, VolumeLocation{"nfs", folder_.path + "/" + file, folder_.host, {}}, "qcow2"};
  {
    auto session = open();
    if (!session) return std::move(session).error();
    auto there = (*session)->has_file(file);
    if (!there) return std::move(there).error();
    if (*there) {
      // That of an attempt that was killed after it had linked the volume.
      if (auto cleared = remove_unfinished(**session, spec.name); !cleared) return std::move(cleared).error();
      return volume;
    }
    if (auto usable = (*session)->check_access(); !usable) return std::move(usable).error();
  }
  auto made = make_volume(file, spec, *image);
  auto session = open();
  if (!session) return made ? session.error() : made.error();
  if (!made) {
    // A faster attempt has taken the unfinished file away, if its volume is there.
    const auto there = (*session)->has_file(file);
    if (!there || !*there) return std::move(made).error();
  }
  if (auto cleared = remove_unfinished(**session, spec.name); !cleared) return std::move(cleared).error();
  return volume;
}

Result<void> PrimaryStorage::make_volume(const std::string& file, const VolumeSpec& spec,
                                         const std::string& image) const {
  const std::string unfinished = unfinished_file(spec.name);
  auto made = storage::run_command(
      storage::create_arguments(qemu_img_.program, url_of(folder_, unfinished), spec, image), qemu_img_.limit);
  if (!made) {
    discard(unfinished);
    return std::move(made).error();
  }
  if (auto published = publish(unfinished, file); !published) return published;
  tenon::log::info("volume created", {{"file", url_of(folder_.host, folder_.path + "/" + file)}});
  return {};
}

/// In a session of its own, for qemu-img may have taken its time. It leaves the unfinished file only if the server is
/// gone too.
Result<void> PrimaryStorage::publish(const std::string& unfinished, const std::string& file) const {
  auto session = open();
  if (!session) return std::move(session).error();
  Result<void> result = (*session)->sync(unfinished);
  if (result) {
    // A link, unlike a rename, never replaces: of two attempts at once the first one's file stays.
    if (auto linked = (*session)->link(unfinished, file); !linked) result = std::move(linked).error();
  }
  if (auto removed = (*session)->remove(unfinished); !removed && result) result = std::move(removed).error();
  return result;
}

void PrimaryStorage::discard(const std::string& unfinished) const {
  auto session = open();
  Result<void> discarded;
  if (!session) {
    discarded = std::move(session).error();
  } else if (auto removed = (*session)->remove(unfinished); !removed) {
    discarded = std::move(removed).error();
  }
  if (!discarded) {
    tenon::log::warning("an unfinished volume may be left until it is deleted",
                        {{"file", unfinished}, {"error", discarded.error().to_string()}});
  }
}

Result<void> PrimaryStorage::delete_volume(const std::string& name) {
  if (!storage::is_volume_name(name)) return storage::bad_order("name '" + name + "'");
  auto session = open();
  if (!session) return std::move(session).error();
  // Unfinished files first: whoever is at work on one can't finish it any more, and so makes no file after this.
  if (auto cleared = remove_unfinished(**session, name); !cleared) return cleared;
  const std::string file = file_of(name);
  auto removed = (*session)->remove(file);
  if (!removed) return std::move(removed).error();
  if (*removed) tenon::log::info("volume deleted", {{"file", url_of(folder_.host, folder_.path + "/" + file)}});
  return {};
}

std::optional<std::string> PrimaryStorage::volume_at(const VolumeLocation& location) {
  if (location.protocol != "nfs" || location.host != folder_.host) return std::nullopt;
  const auto file = std::filesystem::path(location.path).lexically_normal();
  if (file.parent_path() != folder_.path || file.extension() != storage::kVolumeExtension) return std::nullopt;
  std::string name = file.stem().string();
  return storage::is_volume_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

Result<std::vector<std::string>> PrimaryStorage::list() {
  auto session = open();
  if (!session) return std::move(session).error();
  auto names = (*session)->names();
  if (!names) return names;
  std::erase_if(*names, [](const std::string& name) { return name == "." || name == ".."; });
  std::sort(names->begin(), names->end());
  return names;
}

Result<tenon::Owned<tenon::iaas::PrimaryStorage>> PrimaryStorageFactory::create(const PrimaryStorageRecord& record) {
  auto folder = parse_export(record.url);
  if (!folder) {
    tenon::ErrorCode error = std::move(folder).error();
    error.details = "storage " + record.name + ": " + error.details;
    return error;
  }
  return tenon::make_owned<tenon::iaas::PrimaryStorage, PrimaryStorage>(std::move(*folder), timeout,
                                                                        storage::QemuImg{qemu_img, qemu_img_limit});
}

}  // namespace nfs
