#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/interface.h>
#include <tenon/library.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Primary storage: where the disks of virtual machines are.
namespace tenon {
class Resource;  // tenon/resource.h
}  // namespace tenon

namespace tenon::iaas {

class Registry;  // tenon/iaas/registry.h

/// Where a volume or an image is, as QEMU reaches it.
struct VolumeLocation {
  /// `file`, or a network protocol that QEMU speaks itself, by libvirt's name for it (`nfs`).
  std::string protocol = "file";
  /// Absolute: on the host for `file`, else on the server, with the export (`/export/a.qcow2`).
  std::string path;
  /// The server; for a network protocol only.
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  friend bool operator==(const VolumeLocation&, const VolumeLocation&) = default;
};
BOOST_DESCRIBE_STRUCT(VolumeLocation, (), (protocol, path, host, port))

/// What a volume begins as. Only read: no storage changes or deletes an image.
struct VolumeImage {
  VolumeLocation location;
  /// `qcow2` or `raw`. Never guessed from the content, which the owner of a raw image could forge.
  std::string format = "qcow2";
  friend bool operator==(const VolumeImage&, const VolumeImage&) = default;
};
BOOST_DESCRIBE_STRUCT(VolumeImage, (), (location, format))

/// An order for a volume.
struct VolumeSpec {
  /// Unique in its storage for all time, so it is made from a step's FlowData::key(). 1 to 128 letters, digits, `.`,
  /// `_` and `-`, beginning with a letter or digit.
  std::string name;
  /// Virtual size in bytes. May be left out if there is an image: then the image's; must not be below it.
  std::optional<std::uint64_t> size;
  /// What the volume begins as; an empty disk if left out. The image must stay where it is as long as the volume.
  std::optional<VolumeImage> image;
};
BOOST_DESCRIBE_STRUCT(VolumeSpec, (), (name, size, image))

/// A volume that exists.
struct Volume {
  std::string name;
  VolumeLocation location;
  std::string format = "qcow2";
  friend bool operator==(const Volume&, const Volume&) = default;
};
BOOST_DESCRIBE_STRUCT(Volume, (), (name, location, format))

struct StorageCapacity {
  /// Bytes. `available`: what a volume could still fill; volumes grow, so it is no promise.
  std::uint64_t total = 0;
  std::uint64_t available = 0;
};
BOOST_DESCRIBE_STRUCT(StorageCapacity, (), (total, available))

/// What is known of one primary storage: enough to reach it.
struct PrimaryStorageRecord {
  std::string name;
  /// Type of the driver: `Folder`.
  std::string type;
  /// As the type understands it. Folder: an absolute path.
  std::string url;
  friend bool operator==(const PrimaryStorageRecord&, const PrimaryStorageRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(PrimaryStorageRecord, (), (name, type, url))

/// One primary storage. Resource of the driver kind PrimaryStorage.
///
/// Calls block, each within a time limit of the driver's, so they are for a BlockingFlow. Any thread may call, several
/// at once. What can be expected to go wrong is returned, with codes of the driver's.
class PrimaryStorage {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.PrimaryStorage/2";
  virtual ~PrimaryStorage() = default;

  /// Whether volumes can be made here now.
  virtual Result<void> ping() = 0;

  virtual Result<StorageCapacity> capacity() = 0;

  /// Makes the volume, durably and all at once: a volume under its name is whole. One that is there already is
  /// returned as it is: the name says which step it is for, so it is an earlier attempt's.
  virtual Result<Volume> create_volume(const VolumeSpec& spec) = 0;

  /// Deletes the volume and whatever a broken-off create_volume left of it. Success if there is none. A create_volume
  /// of this name that is still at work then fails, instead of leaving a volume.
  virtual Result<void> delete_volume(const std::string& name) = 0;

  /// The name of the volume that is or would be at this place; none if the place is not this storage's. Says nothing
  /// about whether the volume exists, and touches nothing.
  virtual std::optional<std::string> volume_at(const VolumeLocation& location) = 0;

  /// All that is in the storage now, as it says itself: volumes, what a broken-off create_volume left, and what others
  /// put there. Each by the name that it has there (`a.qcow2`), in the order of these names.
  virtual Result<std::vector<std::string>> list() = 0;
};

/// Makes the resources of one type of primary storage. Driver kind PrimaryStorage.
class PrimaryStorageFactory {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.PrimaryStorageFactory/3";
  static constexpr std::string_view kDriverKind = "PrimaryStorage";
  virtual ~PrimaryStorageFactory() = default;

  /// Fails if the record's url is not of this type. Reaches nothing yet: PrimaryStorage::ping does. Any thread.
  virtual Result<Owned<PrimaryStorage>> create(const PrimaryStorageRecord& record) = 0;

  /// What answers the messages about the registered storage. Null: the type has nothing of its own to say
  /// (PrimaryStorageResource of tenon/iaas/storage_messages.h answers). May ask the store, and so block. Any thread.
  virtual Result<Owned<Resource>> resource(const PrimaryStorageRecord& /*record*/, Registry& /*registry*/) {
    return Owned<Resource>();
  }
};

}  // namespace tenon::iaas
