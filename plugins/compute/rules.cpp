#include "rules.h"

#include "tables.h"

#include <tenon/iaas/registering.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace compute {
namespace {

using tenon::Error;
using tenon::make_error;
using tenon::StoreRow;
using tenon::StoreRows;
using tenon::StoreTransaction;
using tenon::iaas::ClusterRecord;
using tenon::iaas::HostRecord;
using tenon::iaas::ImageRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::record_id;
using tenon::iaas::VmRecord;
using tenon::iaas::ZoneRecord;

std::string vm_title(const std::string& name, const std::string& uuid) { return "VM " + name + " (" + uuid + ")"; }
std::string title(const VmRecord& vm) { return vm_title(vm.instance.name, vm.instance.uuid); }
template <class Record>
std::string title(const Record& record) {
  return std::string(Table<Record>::kTitle) + " " + record.name;
}

[[noreturn]] void taken(std::string details) {
  throw Error(make_error("REGISTRY.1002", "another one is registered already", std::move(details)));
}

/// From here on until the end of the transaction nobody else changes a record.
void lock(StoreTransaction& store) {
  (void)store.execute("UPDATE compute_revision SET revision = revision + 1 WHERE id = 1").value();
}

template <class Record>
void check_name(const Record& record) {
  if (!tenon::iaas::is_record_name(record.name)) throw Error(make_error("REGISTRY.1007", "not a name", title(record)));
}

template <class User>
[[noreturn]] void missing(const User& user, std::string_view kind, const std::string& name) {
  throw Error(make_error("REGISTRY.1004", "what it needs is not registered",
                         title(user) + " needs " + std::string(kind) + " " + name));
}

template <class Record, class User>
Record needed(StoreTransaction& store, const User& user, const std::string& name) {
  auto found = select_one<Record>(store, name);
  if (!found) missing(user, Table<Record>::kTitle, name);
  return std::move(found->record);
}

void check_new(StoreTransaction& store, const HostRecord& host) {
  check_name(host);
  if (host.cluster) (void)needed<ClusterRecord>(store, host, *host.cluster);
  const StoreRows same =
      store.query("SELECT name FROM compute_host WHERE type = $1 AND uri = $2", {host.type, host.uri}).value();
  if (!same.empty()) taken("host " + same[0].get<std::string>("name") + " is " + host.uri + " too");
}

void check_new(StoreTransaction& store, const PrimaryStorageRecord& storage) {
  check_name(storage);
  const StoreRows same =
      store.query("SELECT name FROM storage_primary WHERE type = $1 AND url = $2", {storage.type, storage.url}).value();
  if (!same.empty()) taken("primary storage " + same[0].get<std::string>("name") + " is " + storage.url + " too");
}

void check_new(StoreTransaction& /*store*/, const L2NetworkRecord& network) { check_name(network); }
void check_new(StoreTransaction& /*store*/, const ImageRecord& image) { check_name(image); }
void check_new(StoreTransaction& /*store*/, const ZoneRecord& zone) { check_name(zone); }
void check_new(StoreTransaction& store, const ClusterRecord& cluster) {
  check_name(cluster);
  (void)needed<ZoneRecord>(store, cluster, cluster.zone);
}

void check_mac(StoreTransaction& store, const VmRecord& vm, const Nic& nic) {
  const StoreRows same = store
                             .query(
                                 "SELECT vm.name, vm.uuid FROM compute_nic AS nic JOIN compute_vm AS vm "
                                 "ON vm.uuid = nic.vm WHERE nic.mac = $1",
                                 {nic.mac})
                             .value();
  if (!same.empty()) {
    taken("the MAC " + nic.mac + " is one of " +
          vm_title(same[0].get<std::string>("name"), same[0].get<std::string>("uuid")));
  }
  const auto count = std::count_if(vm.nics.begin(), vm.nics.end(), [&](const Nic& own) { return own.mac == nic.mac; });
  if (count > 1) taken("two NICs of " + title(vm) + " have the MAC " + nic.mac);
}

void check_new(StoreTransaction& store, const VmRecord& vm) {
  (void)needed<HostRecord>(store, vm, vm.host);
  (void)needed<PrimaryStorageRecord>(store, vm, vm.primary_storage);
  if (vm.image) (void)needed<ImageRecord>(store, vm, *vm.image);
  for (const Nic& nic : vm.nics) {
    if (needed<L2NetworkRecord>(store, vm, nic.network.name) != nic.network) {
      missing(vm, Table<L2NetworkRecord>::kTitle, nic.network.name + " as it was");
    }
  }
  for (const Nic& nic : vm.nics) check_mac(store, vm, nic);
}

/// What finds the titles of all that uses a record of this kind, whose name is $1.
template <class Record>
constexpr std::string_view kUsers;
template <>
constexpr std::string_view kUsers<HostRecord> =
    "SELECT 'VM ' || name || ' (' || uuid || ')' AS title FROM compute_vm WHERE host = $1";
template <>
constexpr std::string_view kUsers<PrimaryStorageRecord> =
    "SELECT 'VM ' || name || ' (' || uuid || ')' AS title FROM compute_vm WHERE primary_storage = $1";
template <>
constexpr std::string_view kUsers<ImageRecord> =
    "SELECT 'VM ' || name || ' (' || uuid || ')' AS title FROM compute_vm WHERE image = $1";
template <>
constexpr std::string_view kUsers<L2NetworkRecord> =
    "SELECT 'VM ' || name || ' (' || uuid || ')' AS title FROM compute_vm "
    "WHERE uuid IN (SELECT vm FROM compute_nic WHERE network = $1)";
template <>
constexpr std::string_view kUsers<ZoneRecord> =
    "SELECT 'cluster ' || name AS title FROM compute_cluster WHERE zone = $1";
template <>
constexpr std::string_view kUsers<ClusterRecord> =
    "SELECT 'host ' || name AS title FROM compute_host WHERE cluster = $1";

template <class Record>
void check_unused(StoreTransaction& store, const Record& record) {
  constexpr std::size_t kNamed = 5;
  const StoreRows users = store.query(kUsers<Record>, {record.name}).value();
  if (users.empty()) return;
  std::vector<std::string> sorted;
  for (const StoreRow user : users) sorted.push_back(user.get<std::string>("title"));
  std::sort(sorted.begin(), sorted.end());
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamed, sorted.size()); ++i) {
    names.append(names.empty() ? "" : ", ").append(sorted[i]);
  }
  if (sorted.size() > kNamed) names += " and " + std::to_string(sorted.size() - kNamed) + " more";
  throw Error(make_error("REGISTRY.1003", "it is in use", title(record) + " is used by " + names));
}
void check_unused(StoreTransaction& /*store*/, const VmRecord& /*vm*/) {}

}  // namespace

template <class Record>
void add_record(StoreTransaction& store, const Record& record, const std::optional<std::string>& key) {
  lock(store);
  if (const auto found = select_one<Record>(store, record_id(record))) {
    if (key && found->key == *key && found->record == record) return;
    taken(title(found->record));
  }
  check_new(store, record);
  insert_record(store, record, key.value_or(""));
}

template <class Record>
void remove_record(StoreTransaction& store, const std::string& id, const std::optional<std::string>& key) {
  lock(store);
  const auto found = select_one<Record>(store, id);
  if (!found || (key && found->key != *key)) return;
  check_unused(store, found->record);
  delete_record<Record>(store, id);
}

#define COMPUTE_FOR_RECORD(Record)                                                                       \
  template void add_record<Record>(StoreTransaction&, const Record&, const std::optional<std::string>&); \
  template void remove_record<Record>(StoreTransaction&, const std::string&, const std::optional<std::string>&)
COMPUTE_FOR_RECORD(HostRecord);
COMPUTE_FOR_RECORD(PrimaryStorageRecord);
COMPUTE_FOR_RECORD(L2NetworkRecord);
COMPUTE_FOR_RECORD(ImageRecord);
COMPUTE_FOR_RECORD(VmRecord);
COMPUTE_FOR_RECORD(ZoneRecord);
COMPUTE_FOR_RECORD(ClusterRecord);
#undef COMPUTE_FOR_RECORD

}  // namespace compute
