#include "registry_state.h"

#include "json_text.h"

#include <tenon/iaas/registering.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace compute {
namespace {

using tenon::ErrorCode;
using tenon::Json;
using tenon::make_error;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::ImageRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::record_id;
using tenon::iaas::VmRecord;

constexpr std::int64_t kFormat = 1;

template <class Record>
struct Kind;
template <>
struct Kind<HostRecord> {
  static constexpr std::string_view kName = "host";
  static constexpr auto kList = &RegistryState::hosts;
};
template <>
struct Kind<PrimaryStorageRecord> {
  static constexpr std::string_view kName = "primary storage";
  static constexpr auto kList = &RegistryState::primary_storages;
};
template <>
struct Kind<L2NetworkRecord> {
  static constexpr std::string_view kName = "L2 network";
  static constexpr auto kList = &RegistryState::l2_networks;
};
template <>
struct Kind<ImageRecord> {
  static constexpr std::string_view kName = "image";
  static constexpr auto kList = &RegistryState::images;
};
template <>
struct Kind<VmRecord> {
  static constexpr std::string_view kName = "VM";
  static constexpr auto kList = &RegistryState::vms;
};

std::string title(const VmRecord& vm) { return "VM " + vm.instance.name + " (" + vm.instance.uuid + ")"; }
template <class Record>
std::string title(const Record& record) {
  return std::string(Kind<Record>::kName) + " " + record.name;
}

/// Where the record with this id is, or would be.
template <class List>
auto place_of(List& list, std::string_view id) {
  return std::lower_bound(list.begin(), list.end(), id,
                          [](const auto& entry, std::string_view wanted) { return record_id(entry.record) < wanted; });
}
template <class List>
auto find_entry(List& list, std::string_view id) {
  auto place = place_of(list, id);
  return place != list.end() && record_id(place->record) == id ? place : list.end();
}

ErrorCode taken(std::string details) {
  return make_error("REGISTRY.1002", "another one is registered already", std::move(details));
}
ErrorCode missing(const VmRecord& vm, std::string_view kind, const std::string& name) {
  return make_error("REGISTRY.1004", "what it needs is not registered",
                    title(vm) + " needs " + std::string(kind) + " " + name);
}

/// How a host or storage is reached.
std::pair<std::string_view, std::string_view> address(const HostRecord& record) { return {record.type, record.uri}; }
std::pair<std::string_view, std::string_view> address(const PrimaryStorageRecord& record) {
  return {record.type, record.url};
}

template <class Record>
Result<void> check_new(const RegistryState& state, const Record& record) {
  if (!tenon::iaas::is_record_name(record.name)) {
    return make_error("REGISTRY.1007", "not a name", title(record));
  }
  if constexpr (std::is_same_v<Record, HostRecord> || std::is_same_v<Record, PrimaryStorageRecord>) {
    for (const auto& other : state.*Kind<Record>::kList) {
      if (address(other.record) == address(record)) {
        return taken(title(other.record) + " is " + std::string(address(record).second) + " too");
      }
    }
  }
  return {};
}

Result<void> check_macs(const RegistryState& state, const VmRecord& vm) {
  for (const auto& other : state.vms) {
    for (const Nic& theirs : other.record.nics) {
      const auto same = [&](const Nic& ours) { return ours.mac == theirs.mac; };
      if (std::any_of(vm.nics.begin(), vm.nics.end(), same)) {
        return taken("the MAC " + theirs.mac + " is one of " + title(other.record));
      }
    }
  }
  return {};
}

Result<void> check_new(const RegistryState& state, const VmRecord& vm) {
  if (find_record<HostRecord>(state, vm.host) == nullptr) return missing(vm, Kind<HostRecord>::kName, vm.host);
  if (find_record<PrimaryStorageRecord>(state, vm.primary_storage) == nullptr) {
    return missing(vm, Kind<PrimaryStorageRecord>::kName, vm.primary_storage);
  }
  if (vm.image && find_record<ImageRecord>(state, *vm.image) == nullptr) {
    return missing(vm, Kind<ImageRecord>::kName, *vm.image);
  }
  for (const Nic& nic : vm.nics) {
    const L2NetworkRecord* network = find_record<L2NetworkRecord>(state, nic.network.name);
    if (network == nullptr) return missing(vm, Kind<L2NetworkRecord>::kName, nic.network.name);
    if (*network != nic.network) return missing(vm, Kind<L2NetworkRecord>::kName, nic.network.name + " as it was");
  }
  return check_macs(state, vm);
}

bool uses(const VmRecord& vm, const HostRecord& host) { return vm.host == host.name; }
bool uses(const VmRecord& vm, const PrimaryStorageRecord& storage) { return vm.primary_storage == storage.name; }
bool uses(const VmRecord& vm, const ImageRecord& image) { return vm.image == image.name; }
bool uses(const VmRecord& vm, const L2NetworkRecord& network) {
  return std::any_of(vm.nics.begin(), vm.nics.end(), [&](const Nic& nic) { return nic.network.name == network.name; });
}
bool uses(const VmRecord& /*vm*/, const VmRecord& /*other*/) { return false; }

template <class Record>
Result<void> check_unused(const RegistryState& state, const Record& record) {
  constexpr std::size_t kNamed = 5;
  std::string names;
  std::size_t count = 0;
  for (const auto& entry : state.vms) {
    if (!uses(entry.record, record)) continue;
    if (++count <= kNamed) names.append(names.empty() ? "" : ", ").append(title(entry.record));
  }
  if (count == 0) return {};
  if (count > kNamed) names += " and " + std::to_string(count - kNamed) + " more";
  return make_error("REGISTRY.1003", "it is in use", title(record) + " is used by " + names);
}

ErrorCode unreadable(std::string details) {
  return make_error("REGISTRY.1005", "what is kept can't be read", std::move(details));
}

/// Adds what was read record by record, as if it were added now: so it keeps the rules, and its order.
template <class Record>
Result<void> take_over(RegistryState& state, const RegistryState& read, const std::string& path) {
  const RegisteredList<Record>& list = list_of<Record>(read);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]: ";
    auto added = add_record(state, list[i].record, list[i].key);
    if (!added) return unreadable(place + added.error().to_string());
    if (!*added) return unreadable(place + title(list[i].record) + " is there twice");
  }
  return {};
}

}  // namespace

template <class Record>
const RegisteredList<Record>& list_of(const RegistryState& state) {
  return state.*Kind<Record>::kList;
}

template <class Record>
const Record* find_record(const RegistryState& state, std::string_view id) {
  const RegisteredList<Record>& list = list_of<Record>(state);
  const auto found = find_entry(list, id);
  return found != list.end() ? &found->record : nullptr;
}

template <class Record>
Result<bool> add_record(RegistryState& state, const Record& record, const std::string& key) {
  RegisteredList<Record>& list = state.*Kind<Record>::kList;
  if (const auto found = find_entry(list, record_id(record)); found != list.end()) {
    if (found->key == key && found->record == record) return false;
    return taken(title(found->record));
  }
  if (auto good = check_new(state, record); !good) return std::move(good).error();
  list.insert(place_of(list, record_id(record)), {key, record});
  return true;
}

template <class Record>
Result<bool> remove_record(RegistryState& state, const std::string& id, const std::optional<std::string>& key) {
  RegisteredList<Record>& list = state.*Kind<Record>::kList;
  const auto found = find_entry(list, id);
  if (found == list.end() || (key && found->key != *key)) return false;
  if (auto unused = check_unused(state, found->record); !unused) return std::move(unused).error();
  list.erase(found);
  return true;
}

#define COMPUTE_FOR_RECORD(Record)                                                             \
  template const RegisteredList<Record>& list_of<Record>(const RegistryState&);                \
  template const Record* find_record<Record>(const RegistryState&, std::string_view);          \
  template Result<bool> add_record<Record>(RegistryState&, const Record&, const std::string&); \
  template Result<bool> remove_record<Record>(RegistryState&, const std::string&, const std::optional<std::string>&)
COMPUTE_FOR_RECORD(HostRecord);
COMPUTE_FOR_RECORD(PrimaryStorageRecord);
COMPUTE_FOR_RECORD(L2NetworkRecord);
COMPUTE_FOR_RECORD(ImageRecord);
COMPUTE_FOR_RECORD(VmRecord);
#undef COMPUTE_FOR_RECORD

std::string state_text(const RegistryState& state) {
  return json_text(Json::object().add("format", kFormat).add("registry", tenon::to_json(state)));
}

Result<RegistryState> parse_state(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return std::move(json).error();
  const Json* format = json->find("format");
  const Json* registry = json->find("registry");
  if (format == nullptr || registry == nullptr || json->as_object()->size() != 2) {
    return unreadable("$: expected an object with the members format and registry");
  }
  if (*format != Json(kFormat)) return unreadable("$.format: expected 1");
  auto read = tenon::from_json<RegistryState>(*registry, "$.registry");
  if (!read) return unreadable(read.error().to_string());

  RegistryState state;
  auto taken_over = take_over<HostRecord>(state, *read, "$.registry.hosts");
  if (taken_over) taken_over = take_over<PrimaryStorageRecord>(state, *read, "$.registry.primary_storages");
  if (taken_over) taken_over = take_over<L2NetworkRecord>(state, *read, "$.registry.l2_networks");
  if (taken_over) taken_over = take_over<ImageRecord>(state, *read, "$.registry.images");
  if (taken_over) taken_over = take_over<VmRecord>(state, *read, "$.registry.vms");
  if (!taken_over) return std::move(taken_over).error();
  return state;
}

}  // namespace compute
