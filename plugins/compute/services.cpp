#include "services.h"

#include "inventories.h"

#include <optional>
#include <string>
#include <utility>

namespace compute {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the messages

using tenon::Result;

Result<ImageRecord> ImageService::get(const GetImage& message) const {
  std::optional<ImageRecord> image = registry->images().find(message.name);
  if (!image) return not_registered("image", message.name);
  return *std::move(image);
}

VmState VmService::state_of(const VmRecord& vm) const {
  const std::optional<HostRecord> host = registry->hosts().find(vm.host);
  HypervisorFactory* factory = host ? hypervisors.find(host->type) : nullptr;
  if (factory == nullptr) return VmState::Unknown;
  const auto hypervisor = factory->create(*host);
  if (!hypervisor) return VmState::Unknown;
  const Result<std::optional<VmInfo>> info = hypervisor.value()->find(vm.instance.uuid);
  return info && *info ? (*info)->state : VmState::Unknown;
}

Result<tenon::iaas::VmInventory> VmService::get(const GetVm& message) const {
  const std::optional<VmRecord> vm = registry->vms().find(message.uuid);
  if (!vm) return not_registered("VM", message.uuid);
  tenon::iaas::VmInventory shown;
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
