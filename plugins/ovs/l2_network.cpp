#include "l2_network.h"

#include <tenon/iaas/l2_driver.h>

#include <boost/describe.hpp>

#include <stdexcept>
#include <utility>

namespace ovs {
namespace {

using tenon::make_error;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::is_interface_name;
using tenon::iaas::kMaxVlan;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::NicAttachment;

Result<BridgeOrder> bridge_of(const L2NetworkRecord& record) {
  const auto wrong = [&](const std::string& why) {
    return make_error("OVS.1010", "not an Openvswitch network", "network " + record.name + ": " + why);
  };
  if (!record.bridge && !record.physical_interface) return wrong("expected a bridge or a physical interface");
  if (record.physical_interface && !is_interface_name(*record.physical_interface)) {
    return wrong("'" + *record.physical_interface + "' can't be the name of an interface");
  }
  const std::string bridge = record.bridge.value_or("br_" + record.physical_interface.value_or(""));
  if (!is_interface_name(bridge)) return wrong("'" + bridge + "' can't be the name of a bridge: 15 characters at most");
  if (bridge == record.physical_interface) return wrong("the bridge and the physical interface are the same");
  if (record.vlan && (*record.vlan == 0 || *record.vlan > kMaxVlan)) {
    return wrong("expected a vlan from 1 to 4094, found " + std::to_string(*record.vlan));
  }
  return BridgeOrder{bridge, record.name, record.physical_interface, std::nullopt};
}

}  // namespace

tenon::ErrorCode not_this_machine(const HostRecord& host) {
  return make_error("OVS.1013", "the host's Open vSwitch can't be reached from here",
                    "host " + host.name + " is another machine: " + host.uri);
}

std::string checked_address(const std::string& address) {
  if (!address.starts_with("unix:/")) {
    throw std::invalid_argument("expected unix: and an absolute path, found '" + address + "'");
  }
  return address;
}

Result<NicAttachment> L2Network::attachment(const tenon::iaas::Nic& nic) {
  return NicAttachment{bridge_.name, nic.mac, nic.device, nic.model, vlan_, "openvswitch", nic.uuid};
}

void L2NetworkFactory::set_database(const std::string& address) { database_ = checked_address(address); }

Result<tenon::Owned<tenon::iaas::L2Network>> L2NetworkFactory::create(const L2NetworkRecord& record,
                                                                      const HostRecord& host) {
  auto bridge = bridge_of(record);
  if (!bridge) return std::move(bridge).error();
  if (!tenon::iaas::is_this_machine(host)) return not_this_machine(host);
  try {
    if (const auto mode = recorded_fail_mode(record.name)) {
      bridge.value().fail_mode = boost::describe::enum_to_string(*mode, "");
    }
  } catch (const tenon::Error& e) {
    return e.error();
  }
  return tenon::make_owned<tenon::iaas::L2Network, L2Network>(std::move(bridge).value(), record.vlan,
                                                              SwitchSettings{database_, datapath, limit});
}

Result<tenon::Owned<tenon::Resource>> L2NetworkFactory::resource(const L2NetworkRecord& record,
                                                                 tenon::iaas::Registry& registry) {
  auto bridge = bridge_of(record);
  if (!bridge) return std::move(bridge).error();
  return tenon::make_owned<tenon::Resource, L2NetworkResource>(record, registry, std::move(bridge).value().name,
                                                               SwitchSettings{database_, datapath, limit});
}

void L2NetworkResource::handle(tenon::AnyCall call) {
  if (call.as<tenon::iaas::GetL2Network>() != nullptr) {
    tenon::Call<tenon::iaas::GetL2Network> get(std::move(call));
    try {
      L2NetworkInventory shown;
      static_cast<tenon::iaas::L2NetworkInventory&>(shown) = inventory();
      shown.fail_mode = recorded_fail_mode(record().name);
      std::move(get).reply(tenon::Value::of<L2NetworkInventory>(std::move(shown)));
    } catch (const tenon::Error& e) {
      std::move(get).fail(e.error());
    }
    return;
  }
  if (call.as<ListPorts>() != nullptr) {
    return tenon::answer<ListPorts>(std::move(call), [&](const ListPorts&) -> Result<PortList> {
      return PortList{switch_.ports(bridge_).value()};
    });
  }
  tenon::iaas::L2NetworkResource::handle(std::move(call));
}

}  // namespace ovs
