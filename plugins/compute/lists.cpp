#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "services.h"

namespace compute {
namespace {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the messages

using tenon::Error;
using tenon::Result;
using tenon::StoreRow;
using tenon::StoreTransaction;
using tenon::StoreValue;

/// Parameters of one statement; both engines have tens of thousands.
constexpr std::size_t kMostUuids = 500;

/// The states of a host's VMs by their uuids; nothing if the host does not answer.
using States = std::optional<std::map<std::string, VmState>>;

States states_on(const HostRecord& host, const tenon::Drivers<HypervisorFactory>& drivers) {
  const auto hypervisor = opened(drivers, host);
  if (!hypervisor) return std::nullopt;
  const auto vms = hypervisor.value()->list();
  if (!vms) return std::nullopt;
  std::map<std::string, VmState> states;
  for (const VmInfo& vm : *vms) states[vm.uuid] = vm.state;
  return states;
}

VmState state_in(const States& states, const std::string& uuid) {
  if (!states) return VmState::Unknown;
  const auto found = states->find(uuid);
  return found != states->end() ? found->second : VmState::Absent;
}

/// Calls `take` for each row of a table whose column `vm` is the uuid of one of the VMs, in the order of `number`.
void for_each_of(const std::vector<VmInventory>& vms, const std::string& table,
                 const std::function<void(std::size_t vm, const StoreRow& row)>& take) {
  std::map<std::string, std::size_t, std::less<>> places;
  for (std::size_t i = 0; i < vms.size(); ++i) places.emplace(vms[i].uuid, i);
  for (std::size_t first = 0; first < vms.size(); first += kMostUuids) {
    std::string parameters;
    std::vector<StoreValue> uuids;
    for (std::size_t i = first; i < std::min(first + kMostUuids, vms.size()); ++i) {
      uuids.emplace_back(vms[i].uuid);
      parameters.append(parameters.empty() ? "$" : ", $").append(std::to_string(uuids.size()));
    }
    const auto rows = tenon::read([&](StoreTransaction& store) {
      return store.query("SELECT * FROM " + table + " WHERE vm IN (" + parameters + ") ORDER BY vm, number", uuids);
    });
    for (const StoreRow row : rows.value()) take(places.find(row.get<std::string>("vm"))->second, row);
  }
}

}  // namespace

Result<tenon::Page<HostInventory>> HostService::list(const ListHosts& message) const {
  const auto ask = [this](std::vector<HostInventory>& hosts) {
    for (HostInventory& host : hosts) {
      const auto hypervisor = opened(drivers, host);
      if (hypervisor && hypervisor.value()->ping()) host.state = ConnectionState::Connected;
    }
  };
  return tenon::Listing<HostInventory>("compute_host", "name")
      .column("vms", "(SELECT count(*) FROM compute_vm WHERE compute_vm.host = compute_host.name)")
      .later({"state"}, ask)
      .page(message);
}

Result<tenon::Page<PrimaryStorageInventory>> PrimaryStorageService::list(const ListPrimaryStorages& message) const {
  const auto ask = [this](std::vector<PrimaryStorageInventory>& storages) {
    for (PrimaryStorageInventory& shown : storages) {
      const auto storage = opened(drivers, shown);
      if (!storage || !storage.value()->ping()) continue;
      const auto capacity = storage.value()->capacity();
      if (!capacity) continue;
      shown.state = ConnectionState::Connected;
      shown.total = capacity->total;
      shown.available = capacity->available;
    }
  };
  return tenon::Listing<PrimaryStorageInventory>("storage_primary", "name")
      .later({"state", "total", "available"}, ask)
      .page(message);
}

Result<tenon::Page<ImageRecord>> ImageService::list(const ListImages& message) const {
  return tenon::Listing<ImageRecord>("compute_image", "name").page(message);
}

Result<tenon::Page<VmInventory>> VmService::list(const ListVms& message) const {
  const auto ask = [this](std::vector<VmInventory>& vms) {
    std::map<std::string, States> hosts;
    for (VmInventory& vm : vms) {
      if (!hosts.contains(vm.host)) {
        const std::optional<HostRecord> host = registry->hosts().find(vm.host);
        hosts[vm.host] = host ? states_on(*host, hypervisors) : std::nullopt;
      }
      vm.state = state_in(hosts[vm.host], vm.uuid);
    }
  };
  const auto find_networks = [](std::vector<VmInventory>& vms) {
    for_each_of(vms, "compute_nic", [&](std::size_t vm, const StoreRow& row) {
      vms[vm].networks.push_back(row.get<std::string>("network"));
    });
  };
  const auto find_volumes = [](std::vector<VmInventory>& vms) {
    for_each_of(vms, "compute_volume", [&](std::size_t vm, const StoreRow& row) {
      vms[vm].volumes.push_back(
          place_of({row.get<std::string>("protocol"), row.get<std::string>("path"),
                    row.get<std::optional<std::string>>("server"), row.get<std::optional<std::uint16_t>>("port")}));
    });
  };
  return tenon::Listing<VmInventory>("compute_vm", "uuid")
      .later({"state"}, ask)
      .later({"networks"}, find_networks)
      .later({"volumes"}, find_volumes)
      .page(message);
}

}  // namespace compute
