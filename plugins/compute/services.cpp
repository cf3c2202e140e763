#include "services.h"

#include <optional>
#include <string>
#include <utility>

namespace compute {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the messages

using tenon::Result;

std::string place_of(const VolumeLocation& location) {
  if (location.protocol == "file") return location.path;
  std::string url = location.protocol + "://" + location.host.value_or("");
  if (location.port) url += ":" + std::to_string(*location.port);
  return url + (location.path.starts_with('/') ? "" : "/") + location.path;
}

Result<ImageRecord> ImageService::get(const GetImage& message) const {
  std::optional<ImageRecord> image = registry->images().find(message.name);
  if (!image) return not_registered("image", message.name);
  return *std::move(image);
}

VmState VmService::state_of(const VmRecord& vm) const {
  const std::optional<HostRecord> host = registry->hosts().find(vm.host);
  if (!host) return VmState::Unknown;
  const auto hypervisor = opened(hypervisors, *host);
  if (!hypervisor) return VmState::Unknown;
  const Result<std::optional<VmInfo>> info = hypervisor.value()->find(vm.instance.uuid);
  if (!info) return VmState::Unknown;
  return *info ? (*info)->state : VmState::Absent;
}

Result<VmInventory> VmService::get(const GetVm& message) const {
  const std::optional<VmRecord> vm = registry->vms().find(message.uuid);
  if (!vm) return not_registered("VM", message.uuid);
  VmInventory shown;
  static_cast<VmInstance&>(shown) = vm->instance;
  shown.state = state_of(*vm);
  shown.host = vm->host;
  shown.primary_storage = vm->primary_storage;
  shown.image = vm->image;
  for (const Nic& nic : vm->nics) shown.networks.push_back(nic.network.name);
  for (const Volume& volume : vm->volumes) shown.volumes.push_back(place_of(volume.location));
  return shown;
}

}  // namespace compute
