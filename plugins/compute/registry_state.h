#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/iaas/registry.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// All that the registry knows, as plain data, and the rules of tenon::iaas::Records about it.
namespace compute {

template <class Record>
struct Registered {
  /// The idempotency key that it was added with.
  std::string key;
  Record record;
  friend bool operator==(const Registered&, const Registered&) = default;
  BOOST_DESCRIBE_CLASS(Registered, (), (key, record), (), ())
};

/// In the order of their ids.
template <class Record>
using RegisteredList = std::vector<Registered<Record>>;

struct RegistryState {
  RegisteredList<tenon::iaas::HostRecord> hosts;
  RegisteredList<tenon::iaas::PrimaryStorageRecord> primary_storages;
  RegisteredList<tenon::iaas::L2NetworkRecord> l2_networks;
  RegisteredList<tenon::iaas::ImageRecord> images;
  RegisteredList<tenon::iaas::VmRecord> vms;
  friend bool operator==(const RegistryState&, const RegistryState&) = default;
};
BOOST_DESCRIBE_STRUCT(RegistryState, (), (hosts, primary_storages, l2_networks, images, vms))

/// The list of a kind, for each of the five.
template <class Record>
[[nodiscard]] const RegisteredList<Record>& list_of(const RegistryState& state);

/// The record, or null.
template <class Record>
[[nodiscard]] const Record* find_record(const RegistryState& state, std::string_view id);

/// As Records::add and Records::remove; whether anything has changed. On an error nothing has.
template <class Record>
[[nodiscard]] tenon::Result<bool> add_record(RegistryState& state, const Record& record, const std::string& key);
template <class Record>
[[nodiscard]] tenon::Result<bool> remove_record(RegistryState& state, const std::string& id,
                                                const std::optional<std::string>& key);

/// The state as the text of a file, which says which version of this format it is.
[[nodiscard]] std::string state_text(const RegistryState& state);

/// The state that the text is. Refused, as REGISTRY.1005 with the place as `line:column` or as JSON path: what is not
/// JSON, another version, unknown or missing members, records that break a rule of Records::add.
[[nodiscard]] tenon::Result<RegistryState> parse_state(std::string_view text);

}  // namespace compute
