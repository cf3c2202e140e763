#pragma once

#include <tenon/iaas/l2_messages.h>
#include <tenon/iaas/network.h>

#include "l2_records.h"
#include "virtual_switch.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ovs {

/// An L2 network that is a VLAN, or all that is untagged, of a bridge of the machine's Open vSwitch.
class L2Network final : public tenon::iaas::L2Network {
 public:
  L2Network(BridgeOrder bridge, std::optional<std::uint16_t> vlan, SwitchSettings settings)
      : bridge_(std::move(bridge)), vlan_(vlan), switch_(std::move(settings)) {}

  tenon::Result<void> check() override { return switch_.check(bridge_); }
  tenon::Result<void> realize(const std::string& user, const std::string& key) override {
    return switch_.realize(bridge_, user, key);
  }
  tenon::Result<void> unrealize(const std::string& user, const std::optional<std::string>& key) override {
    return switch_.unrealize(bridge_.name, user, key);
  }
  tenon::Result<tenon::iaas::NicAttachment> attachment(const tenon::iaas::Nic& nic) override;
  tenon::Result<void> release(const tenon::iaas::Nic& nic) override {
    return switch_.remove_ports(bridge_.name, nic.uuid);
  }
  tenon::Result<std::vector<tenon::iaas::NicPort>> ports() override { return switch_.ports(bridge_.name); }

 private:
  const BridgeOrder bridge_;
  const std::optional<std::uint16_t> vlan_;
  const VirtualSwitch switch_;
};

/// What answers the messages about a network of this type: also its ports, and what the bridge does without a
/// controller.
class L2NetworkResource final : public tenon::iaas::L2NetworkResource {
 public:
  L2NetworkResource(const tenon::iaas::L2NetworkRecord& record, tenon::iaas::Registry& registry, std::string bridge,
                    SwitchSettings settings)
      : tenon::iaas::L2NetworkResource(record, registry), bridge_(std::move(bridge)), switch_(std::move(settings)) {}

  void handle(tenon::AnyCall call) override;

 private:
  const std::string bridge_;
  const VirtualSwitch switch_;
};

/// L2 network type Openvswitch. A record has a bridge or a physical interface, or both; the bridge is called `br_` and
/// the interface if it has no name. Without an interface the network stays within the host.
class L2NetworkFactory final : public tenon::iaas::L2NetworkFactory {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::L2Network>> create(const tenon::iaas::L2NetworkRecord& record,
                                                             const tenon::iaas::HostRecord& host) override;
  tenon::Result<tenon::Owned<tenon::Resource>> resource(const tenon::iaas::L2NetworkRecord& record,
                                                        tenon::iaas::Registry& registry) override;

  /// Property `database`: see checked_address.
  void set_database(const std::string& address);
  /// Properties `datapath` and `limit`.
  std::string datapath = SwitchSettings{}.datapath;
  std::chrono::milliseconds limit = SwitchSettings{}.limit;

 private:
  std::string database_ = SwitchSettings{}.database;
};

/// OVS.1013.
[[nodiscard]] tenon::ErrorCode not_this_machine(const tenon::iaas::HostRecord& host);

/// The address as it is; throws if it is not `unix:` and an absolute path.
[[nodiscard]] std::string checked_address(const std::string& address);

}  // namespace ovs
