#pragma once

#include "export_address.h"

#include <tenon/iaas/storage.h>
#include <tenon/storage/qcow2.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace nfs {

class Session;

/// Primary storage in a folder on an NFSv3 server: NAME.qcow2 is the volume NAME. Nothing is mounted: this process and
/// QEMU speak NFS themselves.
///
/// A volume is made by qemu-img under another name, beginning with `.`, and linked to its own when it is whole and on
/// the server's disk. The files belong to the user whom the server sees (`uid`, `gid` of the url) and only he may open
/// them: that should be the user whom QEMU runs as.
///
/// A server that stands still can't hold a call: create_volume takes no longer than twice `timeout` and once the limit
/// of qemu-img, each other call no longer than `timeout`. What such a server was asked for it may still do when it goes
/// on: a delete_volume that succeeds then leaves no volume, whatever comes later.
///
/// Errors: those of Session; STORAGE.1002 for an order that is refused; STORAGE.1101 to 1103 for qemu-img.
class PrimaryStorage final : public tenon::iaas::PrimaryStorage {
 public:
  PrimaryStorage(ExportAddress folder, std::chrono::milliseconds timeout, storage::QemuImg qemu_img)
      : folder_(std::move(folder)), timeout_(timeout), qemu_img_(std::move(qemu_img)) {}

  tenon::Result<void> ping() override;
  tenon::Result<tenon::iaas::StorageCapacity> capacity() override;
  /// The image is a file of the host, or is on an NFS server: then this process's user must be able to read it.
  tenon::Result<tenon::iaas::Volume> create_volume(const tenon::iaas::VolumeSpec& spec) override;
  tenon::Result<void> delete_volume(const std::string& name) override;
  /// Servers are told apart by what they are called: a place with another name of the same one is not this storage's.
  std::optional<std::string> volume_at(const tenon::iaas::VolumeLocation& location) override;
  tenon::Result<std::vector<std::string>> list() override;

 private:
  [[nodiscard]] tenon::Result<std::unique_ptr<Session>> open() const;
  /// Makes the volume's file; done if another attempt was faster.
  [[nodiscard]] tenon::Result<void> make_volume(const std::string& file, const tenon::iaas::VolumeSpec& spec,
                                                const std::string& image) const;
  [[nodiscard]] tenon::Result<void> publish(const std::string& unfinished, const std::string& file) const;
  void discard(const std::string& unfinished) const;

  const ExportAddress folder_;
  const std::chrono::milliseconds timeout_;
  const storage::QemuImg qemu_img_;
};

/// Primary storage type NFS. A record's url is `nfs://HOST/FOLDER[?uid=N&gid=N]`.
class PrimaryStorageFactory final : public tenon::iaas::PrimaryStorageFactory {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::PrimaryStorage>> create(
      const tenon::iaas::PrimaryStorageRecord& record) override;

  /// Properties of the same names.
  std::chrono::milliseconds timeout{10'000};
  std::string qemu_img = storage::QemuImg{}.program;
  std::chrono::seconds qemu_img_limit = storage::QemuImg{}.limit;
};

}  // namespace nfs
