#include "l2_records.h"

#include <boost/describe.hpp>

#include <utility>

namespace ovs {

using tenon::Result;
using tenon::StoreTransaction;
using tenon::iaas::kL2Network;

std::optional<FailMode> recorded_fail_mode(const std::string& network) {
  const Result<std::optional<FailMode>> read = tenon::read([&](StoreTransaction& store) {
    const tenon::StoreRows rows =
        store.query("SELECT fail_mode FROM ovs_l2_network WHERE name = $1", {network}).value();
    FailMode mode{};
    const bool found =
        !rows.empty() && boost::describe::enum_from_string(rows[0].get<std::string>("fail_mode").c_str(), mode);
    return found ? std::optional(mode) : std::nullopt;
  });
  if (!read && read.error().code == "STORE.1015") return std::nullopt;
  return read.value();
}

Result<tenon::Page<L2NetworkInventory>> L2NetworkLists::list(const ListL2Networks& message) const {
  return tenon::iaas::l2_network_listing<L2NetworkInventory>(
             "network_l2 LEFT JOIN ovs_l2_network ON ovs_l2_network.name = network_l2.name")
      .only("network_l2.type = 'Openvswitch'")
      .page(message);
}

void RecordL2Network::execute(tenon::FlowData& data, StoreTransaction& store) const {
  const CreateL2Network& network = data.get(kOvsL2Network);
  // A row of a network that is gone may be left by the removals of an earlier version.
  (void)store
      .execute(
          "INSERT INTO ovs_l2_network (name, fail_mode, added_by) SELECT $1, $2, $3 "
          "WHERE NOT EXISTS (SELECT 1 FROM network_l2 WHERE name = $1) "
          "ON CONFLICT (name) DO UPDATE SET fail_mode = excluded.fail_mode, added_by = excluded.added_by",
          {network.name, boost::describe::enum_to_string(network.fail_mode, ""), data.key()})
      .value();
}

void RecordL2Network::undo(tenon::FlowData& data, StoreTransaction& store) const {
  (void)store
      .execute("DELETE FROM ovs_l2_network WHERE name = $1 AND added_by = $2",
               {data.get(kOvsL2Network).name, data.key()})
      .value();
}

void ForgetL2Network::execute(tenon::FlowData& data) const {
  const std::string& name = data.get(kL2Network).name;
  (void)tenon::transaction([&](StoreTransaction& store) {
    return store.execute("DELETE FROM ovs_l2_network WHERE name = $1", {name});
  }).value();
}

}  // namespace ovs
