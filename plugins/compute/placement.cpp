#include "placement.h"

#include <tenon/iaas/vm.h>

#include <cstdint>
#include <utility>

namespace compute {
namespace {

using tenon::Error;
using tenon::ErrorCode;
using tenon::make_error;
using tenon::iaas::HostRecord;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmSpec;

/// The first record that `check(record)` does not throw an Error for. What it throws becomes the causes of `none`.
template <class Record, class Check>
Record first_good(const std::vector<Record>& records, ErrorCode none, const Check& check) {
  for (const Record& record : records) {
    try {
      check(record);
      return record;
    } catch (const Error& e) {
      none.causes.push_back(e.error());
    }
  }
  none.details = records.empty() ? "none is registered" : std::to_string(records.size()) + " tried";
  throw Error(std::move(none));
}

/// A volume grows as the guest writes; what the image brings along is not known here.
std::uint64_t room_needed(const VmSpec& vm) {
  std::uint64_t bytes = vm.disk_size.value_or(0);
  for (const auto& disk : vm.data_disks.value_or(std::vector<tenon::iaas::DiskSpec>{})) {
    if (__builtin_add_overflow(bytes, disk.size, &bytes)) return UINT64_MAX;
  }
  return bytes;
}

}  // namespace

void AllocateHost::execute(tenon::FlowData& data) const {
  HostRecord host = first_good(
      registry->hosts(), make_error("COMPUTE.1002", "no host can take the VM"),
      [&](const HostRecord& record) { hypervisors.get(record.type).create(record).value()->ping().value(); });
  data.set(tenon::iaas::kHost, std::move(host));
}

void AllocatePrimaryStorage::execute(tenon::FlowData& data) const {
  const std::uint64_t needed = room_needed(data.get(tenon::iaas::kVm));
  auto check = [&](const PrimaryStorageRecord& record) {
    auto storage = storages.get(record.type).create(record).value();
    storage->ping().value();
    const std::uint64_t available = storage->capacity().value().available;
    if (available < needed) {
      throw Error(make_error(
          "COMPUTE.1005", "a primary storage has not enough room",
          record.name + ": " + std::to_string(needed) + " bytes needed, " + std::to_string(available) + " available"));
    }
  };
  data.set(tenon::iaas::kPrimaryStorage,
           first_good(registry->primary_storages(), make_error("COMPUTE.1003", "no primary storage can take the VM"),
                      check));
}

}  // namespace compute
