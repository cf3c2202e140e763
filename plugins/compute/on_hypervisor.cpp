#include "on_hypervisor.h"

#include "prepare_vm.h"

#include <optional>
#include <string>
#include <utility>

namespace compute {
namespace {

using tenon::Error;
using tenon::ErrorCode;
using tenon::make_error;
using tenon::iaas::HostRecord;
using tenon::iaas::VmInfo;

tenon::Owned<tenon::iaas::Hypervisor> hypervisor_of(const HostRecord& host,
                                                    const tenon::Drivers<tenon::iaas::HypervisorFactory>& drivers) {
  return drivers.get(host.type).create(host).value();
}

}  // namespace

void CreateOnHypervisor::execute(tenon::FlowData& data) const {
  const tenon::iaas::VmDefinition vm{data.get(tenon::iaas::kInstance), data.get(tenon::iaas::kVolumes), {}};
  auto hypervisor = hypervisor_of(data.get(tenon::iaas::kHost), hypervisors);
  hypervisor->define(vm, data.key()).value();
  data.progress(50, "defined");
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
  ErrorCode unknown = make_error("COMPUTE.1004", "no such VM", uuid);
  for (const HostRecord& host : registry->hosts()) {
    std::optional<VmInfo> found = find_or_note(host, uuid, unknown);
    if (!found) continue;
    if (!found->key) throw Error(make_error("COMPUTE.1007", "Tenon did not make this VM", uuid + ", " + found->name));
    data.set(tenon::iaas::kHost, host);
    data.set(tenon::iaas::kVmInfo, std::move(*found));
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
