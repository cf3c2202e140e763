#include "l2_network.h"

#include <tenon/iaas/l2_driver.h>

namespace vlan {
namespace {

using tenon::make_error;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::is_interface_name;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::NicAttachment;

/// What is wrong with the record beside its names; empty if nothing is.
std::string mistake_in(const L2NetworkRecord& record) {
  if (record.type == kVlan) {
    if (!record.physical_interface) return "expected a physical interface";
    if (!record.vlan) return "expected a vlan";
    if (*record.vlan == 0 || *record.vlan > tenon::iaas::kMaxVlan) {
      return "expected a vlan from 1 to 4094, found " + std::to_string(*record.vlan);
    }
    return {};
  }
  if (record.vlan) return "expected no vlan, found " + std::to_string(*record.vlan);
  if (!record.bridge && !record.physical_interface) return "expected a bridge or a physical interface";
  return {};
}

std::string default_bridge(const L2NetworkRecord& record) {
  std::string name = "br_" + record.physical_interface.value_or("");
  if (record.vlan) name += "_" + std::to_string(*record.vlan);
  return name;
}

Result<BridgeOrder> bridge_of(const L2NetworkRecord& record) {
  const auto wrong = [&](const std::string& why) {
    return make_error("VLAN.1001", "not a network of this type",
                      "network " + record.name + ", " + record.type + ": " + why);
  };
  if (record.type != kVlan && record.type != kNoVlan) return wrong("unknown type");
  if (std::string mistake = mistake_in(record); !mistake.empty()) return wrong(mistake);
  BridgeOrder order{record.bridge.value_or(default_bridge(record)), record.name, record.physical_interface,
                    record.vlan};
  if (order.uplink() && !is_interface_name(*order.uplink())) {
    return wrong("'" + *order.uplink() + "' can't be the name of an interface: 15 characters at most");
  }
  if (!is_interface_name(order.name)) {
    return wrong("'" + order.name + "' can't be the name of a bridge: 15 characters at most");
  }
  if (order.name == order.uplink() || order.name == order.physical_interface) {
    return wrong("the bridge and the physical interface are the same");
  }
  return order;
}

}  // namespace

Result<NicAttachment> L2Network::attachment(const tenon::iaas::Nic& nic) {
  return NicAttachment{bridge_.name, nic.mac, nic.device, nic.model, {}, {}, {}};
}

Result<tenon::Owned<tenon::iaas::L2Network>> L2NetworkFactory::create(const L2NetworkRecord& record,
                                                                      const HostRecord& host) {
  auto bridge = bridge_of(record);
  if (!bridge) return std::move(bridge).error();
  if (!tenon::iaas::is_this_machine(host)) {
    return make_error("VLAN.1007", "the host's bridges can't be reached from here",
                      "host " + host.name + " is another machine: " + host.uri);
  }
  return tenon::make_owned<tenon::iaas::L2Network, L2Network>(std::move(bridge).value(), bridges_, limit);
}

}  // namespace vlan
