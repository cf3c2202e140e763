#pragma once

#include <tenon/iaas/network.h>
#include <tenon/resource_probe.h>

#include "bridges.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vlan {

inline constexpr const char* kNoVlan = "L2NoVlanNetwork";
inline constexpr const char* kVlan = "L2VlanNetwork";

/// An L2 network that is a Linux bridge of its own.
class L2Network final : public tenon::iaas::L2Network {
 public:
  L2Network(BridgeOrder bridge, std::shared_ptr<Bridges> bridges, std::chrono::milliseconds limit)
      : bridge_(std::move(bridge)), bridges_(std::move(bridges)), limit_(limit) {}

  tenon::Result<void> check() override { return bridges_->check(bridge_, limit_); }
  tenon::Result<void> realize(const std::string& user, const std::string& key) override {
    return bridges_->realize(bridge_, user, key, limit_);
  }
  tenon::Result<void> unrealize(const std::string& user, const std::optional<std::string>& key) override {
    return bridges_->unrealize(bridge_, user, key, limit_);
  }
  tenon::Result<tenon::iaas::NicAttachment> attachment(const tenon::iaas::Nic& nic) override;
  /// A NIC's port is a tap device, which goes with the process of its VM: nothing is ever left.
  tenon::Result<void> release(const tenon::iaas::Nic& /*nic*/) override { return {}; }
  tenon::Result<std::vector<tenon::iaas::NicPort>> ports() override { return bridges_->ports(bridge_, limit_); }

 private:
  const BridgeOrder bridge_;
  const std::shared_ptr<Bridges> bridges_;
  const std::chrono::milliseconds limit_;
};

/// L2 network types L2NoVlanNetwork and L2VlanNetwork. A record of the first has a bridge or a physical interface, or
/// both, and no vlan; one of the second a physical interface and a vlan. A bridge without a name is called
/// `br_INTERFACE` or `br_INTERFACE_VLAN`.
///
/// It is also the probe of this machine's bridges, whose users it alone knows.
class L2NetworkFactory final : public tenon::iaas::L2NetworkFactory, public tenon::ResourceProbe {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::L2Network>> create(const tenon::iaas::L2NetworkRecord& record,
                                                             const tenon::iaas::HostRecord& host) override;

  std::string name() const override { return "bridges of this machine"; }
  tenon::Result<std::vector<std::string>> list() const override { return bridges_->list(limit); }

  /// Property `limit`: how long the kernel may take for one answer.
  std::chrono::milliseconds limit{5000};

 private:
  const std::shared_ptr<Bridges> bridges_ = std::make_shared<Bridges>();
};

}  // namespace vlan
