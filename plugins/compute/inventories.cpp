#include "inventories.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace compute {
namespace {

using tenon::Error;
using tenon::Json;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmInfo;
using tenon::iaas::VmRecord;
using tenon::iaas::VolumeLocation;

/// What `ask` returns, or nothing if the resource or its driver can't be asked.
template <class Ask>
auto answer(const Ask& ask) -> std::optional<decltype(ask())> {
  try {
    return ask();
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// What `make` returns, or why the store could not be asked.
template <class Make>
Result<std::vector<Json>> rows_of(const Make& make) {
  try {
    return make();
  } catch (const Error& e) {
    return e.error();
  }
}

const char* connection(bool connected) { return connected ? "Connected" : "Disconnected"; }

/// The states of a host's VMs by their uuids; nothing if the host does not answer.
using States = std::optional<std::map<std::string, std::string>>;

std::string state_of(const VmRecord& vm, const States& states) {
  if (!states) return "Unknown";
  const auto found = states->find(vm.instance.uuid);
  return found != states->end() ? found->second : "Absent";
}

Json row_of(const VmRecord& vm, const States& states) {
  Json networks = Json::array();
  for (const auto& nic : vm.nics) networks.push(nic.network.name);
  Json volumes = Json::array();
  for (const auto& volume : vm.volumes) volumes.push(place_of(volume.location));
  return Json::object()
      .add("uuid", vm.instance.uuid)
      .add("name", vm.instance.name)
      .add("state", state_of(vm, states))
      .add("host", vm.host)
      .add("networks", std::move(networks))
      .add("volumes", std::move(volumes));
}

}  // namespace

std::string place_of(const VolumeLocation& location) {
  if (location.protocol == "file") return location.path;
  std::string url = location.protocol + "://" + location.host.value_or("");
  if (location.port) url += ":" + std::to_string(*location.port);
  return url + (location.path.starts_with('/') ? "" : "/") + location.path;
}

Result<std::vector<Json>> HostInventory::list() const {
  return rows_of([&] {
    const std::vector<VmRecord> vms = registry->vms().list();
    std::vector<Json> rows;
    for (const HostRecord& host : registry->hosts().list()) {
      const auto pinged = answer([&] {
        hypervisors.get(host.type).create(host).value()->ping().value();
        return true;
      });
      const auto on_host =
          std::count_if(vms.begin(), vms.end(), [&](const VmRecord& vm) { return vm.host == host.name; });
      rows.push_back(Json::object()
                         .add("name", host.name)
                         .add("type", host.type)
                         .add("uri", host.uri)
                         .add("state", connection(pinged.has_value()))
                         .add("vms", static_cast<std::int64_t>(on_host)));
    }
    return rows;
  });
}

Result<std::vector<Json>> PrimaryStorageInventory::list() const {
  return rows_of([&] {
    std::vector<Json> rows;
    for (const PrimaryStorageRecord& record : registry->primary_storages().list()) {
      const auto capacity = answer([&] {
        auto storage = storages.get(record.type).create(record).value();
        storage->ping().value();
        return storage->capacity().value();
      });
      rows.push_back(Json::object()
                         .add("name", record.name)
                         .add("type", record.type)
                         .add("url", record.url)
                         .add("state", connection(capacity.has_value()))
                         .add("total", capacity ? Json(capacity->total) : Json())
                         .add("available", capacity ? Json(capacity->available) : Json()));
    }
    return rows;
  });
}

Result<std::vector<Json>> ImageInventory::list() const {
  return rows_of([&] {
    std::vector<Json> rows;
    for (const auto& image : registry->images().list()) {
      rows.push_back(Json::object().add("name", image.name).add("url", image.url).add("format", image.format));
    }
    return rows;
  });
}

Result<std::vector<Json>> VmInventory::list() const {
  return rows_of([&] {
    std::map<std::string, States> hosts;
    for (const HostRecord& host : registry->hosts().list()) {
      hosts[host.name] = answer([&] {
        auto hypervisor = hypervisors.get(host.type).create(host).value();
        const std::vector<VmInfo> vms = hypervisor->list().value();
        std::map<std::string, std::string> states;
        for (const VmInfo& vm : vms) {
          states[vm.uuid] = boost::describe::enum_to_string(vm.state, "Unknown");
        }
        return states;
      });
    }
    std::vector<Json> rows;
    for (const VmRecord& vm : registry->vms().list()) rows.push_back(row_of(vm, hosts[vm.host]));
    return rows;
  });
}

}  // namespace compute
