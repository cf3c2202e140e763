#include "placement.h"

#include <tenon/iaas/vm.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace compute {
namespace {

using tenon::Error;
using tenon::ErrorCode;
using tenon::make_error;
using tenon::iaas::HostRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmSpec;

/// The first record that `check(record)` does not throw an Error for, of all or of those with the wanted name. What it
/// throws becomes the causes of `none`.
template <class Record, class Check>
Record first_good(const std::vector<Record>& records, const std::optional<std::string>& wanted, ErrorCode none,
                  const Check& check) {
  std::size_t tried = 0;
  for (const Record& record : records) {
    if (wanted && record.name != *wanted) continue;
    ++tried;
    try {
      check(record);
      return record;
    } catch (const Error& e) {
      none.causes.push_back(e.error());
    }
  }
  if (tried != 0) {
    none.details = std::to_string(tried) + " tried";
  } else {
    none.details = wanted ? *wanted + " is not registered" : "none is registered";
  }
  throw Error(std::move(none));
}

/// The networks that the order names, each once.
std::vector<L2NetworkRecord> networks_of(const VmSpec& vm, tenon::iaas::Registry& registry) {
  std::vector<L2NetworkRecord> networks;
  for (const tenon::iaas::NicSpec& nic : nic_specs(vm)) {
    auto network = registry.l2_networks().find(nic.network);
    if (!network) throw Error(tenon::iaas::not_registered("L2 network", nic.network));
    if (std::find(networks.begin(), networks.end(), *network) == networks.end()) {
      networks.push_back(std::move(*network));
    }
  }
  return networks;
}

/// The sum, or the greatest number if that is less.
std::uint64_t add_up(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/// A volume grows as the guest writes; what the image brings along is not known here.
std::uint64_t room_needed(const VmSpec& vm) {
  std::uint64_t bytes = vm.disk_size.value_or(0);
  for (const auto& disk : vm.data_disks.value_or(std::vector<tenon::iaas::DiskSpec>{})) {
    bytes = add_up(bytes, disk.size);
  }
  return bytes;
}

}  // namespace

void AllocateHost::check_limits(const HostRecord& host, std::uint64_t memory) const {
  const std::int64_t most_vms = max_vms.get_for("Host", host.name);
  const std::uint64_t most_memory = vm_memory.get_for("Host", host.name).bytes;
  if (most_vms == 0 && most_memory == 0) return;
  std::int64_t count = 0;
  std::uint64_t used = 0;
  for (const tenon::iaas::VmRecord& vm : registry->vms().list()) {
    if (vm.host != host.name) continue;
    ++count;
    used = add_up(used, vm.instance.memory);
  }
  if (most_vms != 0 && count >= most_vms) {
    throw Error(make_error("COMPUTE.1012", "the host has as many VMs as it may have",
                           host.name + ": host.max.vms is " + std::to_string(most_vms)));
  }
  if (most_memory != 0 && add_up(used, memory) > most_memory) {
    throw Error(make_error("COMPUTE.1013", "the VMs of the host would have more memory than they may have",
                           host.name + ": " + std::to_string(memory) + " bytes needed, " + std::to_string(used) +
                               " used, host.vm.memory is " + std::to_string(most_memory)));
  }
}

void AllocateHost::execute(tenon::FlowData& data) const {
  const VmSpec& vm = data.get(tenon::iaas::kVm);
  const std::vector<L2NetworkRecord> needed = networks_of(vm, *registry);
  auto check = [&](const HostRecord& host) {
    check_limits(host, vm.memory);
    hypervisors.get(host.type)->create(host).value()->ping().value();
    for (const L2NetworkRecord& network : needed) {
      networks.get(network.type)->create(network, host).value()->check().value();
    }
  };
  data.set(tenon::iaas::kHost,
           first_good(registry->hosts().list(), vm.host, make_error("COMPUTE.1002", "no host can take the VM"), check));
}

void AllocatePrimaryStorage::execute(tenon::FlowData& data) const {
  const VmSpec& vm = data.get(tenon::iaas::kVm);
  const std::uint64_t needed = room_needed(vm);
  auto check = [&](const PrimaryStorageRecord& record) {
    auto storage = storages.get(record.type)->create(record).value();
    storage->ping().value();
    const std::uint64_t available = storage->capacity().value().available;
    const std::uint64_t kept = reserved.get_for("PrimaryStorage", record.name).bytes;
    if (available < add_up(needed, kept)) {
      std::string details =
          record.name + ": " + std::to_string(needed) + " bytes needed, " + std::to_string(available) + " available";
      if (kept != 0) details += ", primaryStorage.reserved.capacity is " + std::to_string(kept);
      throw Error(make_error("COMPUTE.1005", "a primary storage has not enough room", std::move(details)));
    }
  };
  data.set(tenon::iaas::kPrimaryStorage,
           first_good(registry->primary_storages().list(), vm.primary_storage,
                      make_error("COMPUTE.1003", "no primary storage can take the VM"), check));
}

}  // namespace compute
