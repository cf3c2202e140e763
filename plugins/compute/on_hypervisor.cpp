#include "on_hypervisor.h"

#include "cancelled.h"
#include "prepare_vm.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace compute {
namespace {

using tenon::Error;
using tenon::ErrorCode;
using tenon::make_error;
using tenon::iaas::HostRecord;
using tenon::iaas::Nic;
using tenon::iaas::VmInfo;
using tenon::iaas::VmRecord;

tenon::Owned<tenon::iaas::Hypervisor> hypervisor_of(const HostRecord& host,
                                                    const tenon::Drivers<tenon::iaas::HypervisorFactory>& drivers) {
  return drivers.get(host.type)->create(host).value();
}

void require_own(const VmInfo& vm) {
  if (!vm.key) throw Error(make_error("COMPUTE.1007", "Tenon did not make this VM", vm.uuid + ", " + vm.name));
}

}  // namespace

void CreateOnHypervisor::execute(tenon::FlowData& data) const {
  const HostRecord& host = data.get(tenon::iaas::kHost);
  tenon::iaas::VmDefinition vm{data.get(tenon::iaas::kInstance), data.get(tenon::iaas::kVolumes), {}};
  for (const Nic& nic : data.get(tenon::iaas::kNics)) {
    auto network = networks.get(nic.network.type)->create(nic.network, host).value();
    vm.nics.push_back(network->attachment(nic).value());
  }
  auto hypervisor = hypervisor_of(host, hypervisors);
  require_not_cancelled(data);
  hypervisor->define(vm, data.key()).value();
  data.progress(50, "defined");
  require_not_cancelled(data);
  hypervisor->start(vm.instance.uuid).value();
}

void CreateOnHypervisor::undo(tenon::FlowData& data) const {
  const std::string& uuid = data.get(tenon::iaas::kInstance).uuid;
  auto hypervisor = hypervisor_of(data.get(tenon::iaas::kHost), hypervisors);
  const std::optional<VmInfo> found = hypervisor->find(uuid).value();
  if (!found || found->key != data.key()) return;
  hypervisor->destroy(uuid).value();
  hypervisor->undefine(uuid).value();
}

void LocateVm::execute(tenon::FlowData& data) const {
  const std::string uuid = canonical_uuid("$.vm_uuid", data.get(tenon::iaas::kVmUuid));
  if (const auto vm = registry->vms().find(uuid)) {
    locate_registered(data, *vm);
  } else {
    locate_unregistered(data, uuid);
  }
}

void LocateVm::locate_registered(tenon::FlowData& data, const VmRecord& vm) const {
  auto host = registry->hosts().find(vm.host);
  if (!host) throw Error(tenon::iaas::not_registered("host", vm.host));
  const std::optional<VmInfo> known = hypervisor_of(*host, hypervisors)->find(vm.instance.uuid).value();
  if (known) require_own(*known);
  VmInfo info = known.value_or(VmInfo{vm.instance.uuid, vm.instance.name, {}, {}, {}});
  for (const tenon::iaas::Volume& volume : vm.volumes) {
    if (std::find(info.volumes.begin(), info.volumes.end(), volume.location) == info.volumes.end()) {
      info.volumes.push_back(volume.location);
    }
  }
  data.set(tenon::iaas::kInstance, vm.instance);
  data.set(tenon::iaas::kHost, std::move(*host));
  data.set(tenon::iaas::kVmInfo, std::move(info));
  data.set(tenon::iaas::kNics, vm.nics);
}

void LocateVm::locate_unregistered(tenon::FlowData& data, const std::string& uuid) const {
  ErrorCode unknown = make_error("COMPUTE.1004", "no such VM", uuid);
  for (const HostRecord& host : registry->hosts().list()) {
    std::optional<VmInfo> found = find_or_note(host, uuid, unknown);
    if (!found) continue;
    require_own(*found);
    data.set(tenon::iaas::kInstance, {found->uuid, found->name, {}, {}, {}});
    data.set(tenon::iaas::kHost, host);
    data.set(tenon::iaas::kVmInfo, std::move(*found));
    data.set(tenon::iaas::kNics, {});
    return;
  }
  if (!unknown.causes.empty()) unknown.details += ", and not all hosts could be asked";
  throw Error(std::move(unknown));
}

std::optional<VmInfo> LocateVm::find_or_note(const HostRecord& host, const std::string& uuid, ErrorCode& note) const {
  try {
    return hypervisor_of(host, hypervisors)->find(uuid).value();
  } catch (const Error& e) {
    note.causes.push_back(e.error());
    return std::nullopt;
  }
}

void DestroyOnHypervisor::execute(tenon::FlowData& data) const {
  hypervisor_of(data.get(tenon::iaas::kHost), hypervisors)->destroy(data.get(tenon::iaas::kVmInfo).uuid).value();
}

void UndefineOnHypervisor::execute(tenon::FlowData& data) const {
  hypervisor_of(data.get(tenon::iaas::kHost), hypervisors)->undefine(data.get(tenon::iaas::kVmInfo).uuid).value();
}

}  // namespace compute
