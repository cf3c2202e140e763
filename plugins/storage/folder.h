#pragma once

#include <tenon/iaas/storage.h>
#include <tenon/storage/qcow2.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace storage {

/// Primary storage in a folder of the host: NAME.qcow2 is the volume NAME.
///
/// A volume is made under another name, beginning with `.`, and linked to its own when it is whole and on the disk.
/// The folder must be there: were it made, a volume would fill the file system below a mount that failed.
class Folder final : public tenon::iaas::PrimaryStorage {
 public:
  /// `path` is absolute.
  Folder(std::filesystem::path path, QemuImg qemu_img) : path_(std::move(path)), qemu_img_(std::move(qemu_img)) {}

  tenon::Result<void> ping() override;
  tenon::Result<tenon::iaas::StorageCapacity> capacity() override;
  tenon::Result<tenon::iaas::Volume> create_volume(const tenon::iaas::VolumeSpec& spec) override;
  tenon::Result<void> delete_volume(const std::string& name) override;
  std::optional<std::string> volume_at(const tenon::iaas::VolumeLocation& location) override;
  tenon::Result<std::vector<std::string>> list() override;

 private:
  [[nodiscard]] std::filesystem::path file_of(std::string name) const { return path_ / (name += kVolumeExtension); }
  /// Makes the volume's file; done if another attempt was faster.
  [[nodiscard]] tenon::Result<void> make_volume(const std::filesystem::path& file, const tenon::iaas::VolumeSpec& spec,
                                                const std::string& image) const;
  [[nodiscard]] tenon::Result<void> make_image(const std::filesystem::path& file, const tenon::iaas::VolumeSpec& spec,
                                               const std::string& image) const;
  /// What broken-off attempts at a volume have left.
  [[nodiscard]] tenon::Result<void> remove_unfinished(const std::string& name) const;

  const std::filesystem::path path_;
  const QemuImg qemu_img_;
};

/// Primary storage type Folder. A record's url is the folder's absolute path.
class FolderFactory final : public tenon::iaas::PrimaryStorageFactory {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::PrimaryStorage>> create(
      const tenon::iaas::PrimaryStorageRecord& record) override;

  /// Properties `qemu_img` and `qemu_img_limit`.
  std::string qemu_img = QemuImg{}.program;
  std::chrono::seconds qemu_img_limit = QemuImg{}.limit;
};

}  // namespace storage
