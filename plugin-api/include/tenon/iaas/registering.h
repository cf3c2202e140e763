#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/events.h>
#include <tenon/iaas/registry.h>
#include <tenon/transactional_flow.h>
#include <tenon/wiring.h>

#include <algorithm>
#include <string>
#include <string_view>

/// The flows that add a record to the registry and take it away, for the chains of each kind.
namespace tenon::iaas {

/// Whether the text can name a record or a VM: 1 to 63 letters, digits, `.`, `_` and `-`, beginning with a letter or
/// digit. Never taken for a path.
[[nodiscard]] inline bool is_record_name(std::string_view name) {
  constexpr std::size_t kLongest = 63;
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= kLongest && alphanumeric(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

/// Throws Error REGISTRY.1007, with the JSON path of the record under `key`, if it has a name that can't be one.
template <class Record>
void require_record_name(const FlowKey<Record>& key, const Record& record) {
  if (is_record_name(record.name)) return;
  throw Error(make_error("REGISTRY.1007", "not a name",
                         "$." + std::string(key.name) +
                             ".name: expected 1 to 63 letters, digits, '.', '_' or '-', a letter or digit first, "
                             "found '" +
                             record.name + "'"));
}

/// The table of a registry that has records of this kind.
template <class Record>
using RecordTable = Records<Record>& (Registry::*)();

/// Adds the record under `kKey`, last of a chain that has checked it with its driver. The undo forgets it.
/// ```cpp
/// using RegisterHost = tenon::iaas::RegisterRecord<HostRecord, &Registry::hosts, tenon::iaas::kHost>;
/// plugin.flow<RegisterHost>("compute.RegisterHost").inject(&RegisterHost::registry).reads(tenon::iaas::kHost);
/// ```
template <class Record, RecordTable<Record> kTable, const FlowKey<Record>& kKey>
class RegisterRecord final : public TransactionalFlow {
 public:
  void execute(FlowData& data, StoreTransaction& store) const override {
    ((*registry).*kTable)().add(store, data.get(kKey), data.key()).value();
    publish(store, detail::RecordEvents<Record>::added(data.get(kKey))).value();
  }
  void undo(FlowData& data, StoreTransaction& store) const override {
    const Record& record = data.get(kKey);
    Records<Record>& table = ((*registry).*kTable)();
    const bool known = table.find(store, record_id(record)).has_value();
    table.remove(store, record_id(record), data.key()).value();
    if (known && !table.find(store, record_id(record))) {
      publish(store, detail::RecordEvents<Record>::removed(record)).value();
    }
  }

  Ref<Registry> registry;
};

/// Finds the record that kName means and writes it under `kKey`. Fails with REGISTRY.1001.
template <class Record, RecordTable<Record> kTable, const FlowKey<Record>& kKey>
class FindRecord final : public NoRollbackBlockingFlow {
 public:
  void execute(FlowData& data) const override {
    const std::string& name = data.get(kName);
    auto found = ((*registry).*kTable)().find(name);
    if (!found) throw Error(not_registered(kKey.name, name));
    data.set(kKey, std::move(*found));
  }

  Ref<Registry> registry;
};

/// Forgets the record under `kKey`; refused if it is in use. The undo adds it again.
template <class Record, RecordTable<Record> kTable, const FlowKey<Record>& kKey>
class UnregisterRecord final : public TransactionalFlow {
 public:
  void execute(FlowData& data, StoreTransaction& store) const override {
    ((*registry).*kTable)().remove(store, record_id(data.get(kKey)), std::nullopt).value();
    publish(store, detail::RecordEvents<Record>::removed(data.get(kKey))).value();
  }
  void undo(FlowData& data, StoreTransaction& store) const override {
    Records<Record>& table = ((*registry).*kTable)();
    const Record& record = data.get(kKey);
    // It is still there if it was refused to go.
    if (table.find(store, record_id(record))) return;
    table.add(store, record, data.key()).value();
    publish(store, detail::RecordEvents<Record>::added(record)).value();
  }

  Ref<Registry> registry;
};

}  // namespace tenon::iaas
