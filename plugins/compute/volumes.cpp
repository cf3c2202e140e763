#include "volumes.h"

#include "cancelled.h"

#include <tenon/iaas/vm.h>
#include <tenon/log.h>

#include <string>
#include <utility>
#include <vector>

namespace compute {
namespace {

using tenon::Error;
using tenon::ErrorCode;
using tenon::make_error;
using tenon::Owned;
using tenon::iaas::PrimaryStorage;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmSpec;
using tenon::iaas::Volume;
using tenon::iaas::VolumeLocation;
using tenon::iaas::VolumeSpec;

/// `RUN:STEP` as part of a volume's name.
std::string name_part(std::string key) {
  for (char& c : key) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
    if (!plain) c = '-';
  }
  return key;
}

/// The orders for all disks of a VM, as this step makes them.
std::vector<VolumeSpec> volume_specs(tenon::FlowData& data) {
  const VmSpec& vm = data.get(tenon::iaas::kVm);
  const std::string prefix = data.get(tenon::iaas::kInstance).uuid + "." + name_part(data.key()) + ".";
  VolumeSpec root{prefix + "root", vm.disk_size, std::nullopt};
  if (const auto& image = data.get(tenon::iaas::kSelectedImage)) root.image = image->image;
  std::vector<VolumeSpec> specs{std::move(root)};
  if (vm.data_disks) {
    for (std::size_t i = 0; i < vm.data_disks->size(); ++i) {
      specs.push_back({prefix + "data" + std::to_string(i + 1), (*vm.data_disks)[i].size, std::nullopt});
    }
  }
  return specs;
}

/// Deletes what it can and then throws for what it could not.
class Deletion {
 public:
  void failed(ErrorCode error) { errors_.push_back(std::move(error)); }
  void finish() && {
    if (errors_.empty()) return;
    ErrorCode error =
        make_error("COMPUTE.1006", "volumes are left", std::to_string(errors_.size()) + " can't be deleted");
    error.causes = std::move(errors_);
    throw Error(std::move(error));
  }

 private:
  std::vector<ErrorCode> errors_;
};

/// All registered storages whose driver is there; why the others are not is kept.
struct OpenStorages {
  std::vector<Owned<PrimaryStorage>> storages;
  std::vector<ErrorCode> missing;
};

OpenStorages open_all(const tenon::Drivers<tenon::iaas::PrimaryStorageFactory>& drivers,
                      const std::vector<PrimaryStorageRecord>& records) {
  OpenStorages open;
  for (const PrimaryStorageRecord& record : records) {
    try {
      open.storages.push_back(drivers.get(record.type)->create(record).value());
    } catch (const Error& e) {
      open.missing.push_back(e.error());
    }
  }
  return open;
}

void delete_at(const VolumeLocation& location, const OpenStorages& open, Deletion& deletion) {
  for (const Owned<PrimaryStorage>& storage : open.storages) {
    if (auto name = storage->volume_at(location)) {
      if (auto deleted = storage->delete_volume(*name); !deleted) deletion.failed(std::move(deleted).error());
      return;
    }
  }
  if (open.missing.empty()) {
    tenon::log::warning("a disk is in no registered primary storage and stays",
                        {{"protocol", location.protocol}, {"path", location.path}});
    return;
  }
  for (const ErrorCode& error : open.missing) deletion.failed(error);
}

}  // namespace

void AllocateVolume::execute(tenon::FlowData& data) const {
  const PrimaryStorageRecord& record = data.get(tenon::iaas::kPrimaryStorage);
  const std::vector<VolumeSpec> specs = volume_specs(data);
  auto storage = storages.get(record.type)->create(record).value();
  std::vector<Volume> volumes;
  for (const VolumeSpec& spec : specs) {
    require_not_cancelled(data);
    data.progress(static_cast<int>(volumes.size() * 100 / specs.size()), spec.name);
    volumes.push_back(storage->create_volume(spec).value());
  }
  data.set(tenon::iaas::kVolumes, std::move(volumes));
}

void AllocateVolume::undo(tenon::FlowData& data) const {
  const PrimaryStorageRecord& record = data.get(tenon::iaas::kPrimaryStorage);
  auto storage = storages.get(record.type)->create(record).value();
  Deletion deletion;
  for (const VolumeSpec& spec : volume_specs(data)) {
    if (auto deleted = storage->delete_volume(spec.name); !deleted) deletion.failed(std::move(deleted).error());
  }
  std::move(deletion).finish();
}

void DeleteVolume::execute(tenon::FlowData& data) const {
  const OpenStorages open = open_all(storages, registry->primary_storages().list());
  Deletion deletion;
  for (const VolumeLocation& location : data.get(tenon::iaas::kVmInfo).volumes) delete_at(location, open, deletion);
  std::move(deletion).finish();
}

}  // namespace compute
