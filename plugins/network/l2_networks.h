#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/registering.h>
#include <tenon/resource_probe.h>
#include <tenon/wiring.h>

#include <string>
#include <vector>

/// The flows that register L2 networks and bring them to hosts. A network is brought to all registered hosts that its
/// driver serves: those for which L2NetworkFactory::create succeeds.
namespace network {

/// Whether the network can be used on all hosts that its driver serves. Reads kL2Network. Makes nothing. Fails with
/// NETWORK.1002 if there is no such host; the causes say for each why not.
class CheckL2Network final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
};

/// Makes the network on the hosts, where it stays until it is removed. Reads kL2Network. The undo gives it up again.
class RealizeL2Network final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
};

/// Gives the network up on the hosts. Reads kL2Network. The undo makes it again.
class UnrealizeL2Network final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
};

/// Gives all networks up on a host that is no longer registered. Reads kHost. What can't be given up there is logged:
/// a host that is broken must be removable. The undo makes the networks again.
class LeaveHost final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
};

using FindL2Network =
    tenon::iaas::FindRecord<tenon::iaas::L2NetworkRecord, &tenon::iaas::Registry::l2_networks, tenon::iaas::kL2Network>;
using RegisterL2Network = tenon::iaas::RegisterRecord<tenon::iaas::L2NetworkRecord, &tenon::iaas::Registry::l2_networks,
                                                      tenon::iaas::kL2Network>;
using UnregisterL2Network = tenon::iaas::UnregisterRecord<tenon::iaas::L2NetworkRecord,
                                                          &tenon::iaas::Registry::l2_networks, tenon::iaas::kL2Network>;

/// The ports of all registered networks on the hosts that their drivers serve: `port tn1 of network blue on h1`. Fails
/// if a host can't be asked: what is not known must not look as if it were not there.
class L2NetworkProbe final : public tenon::ResourceProbe {
 public:
  std::string name() const override { return "L2 networks"; }
  tenon::Result<std::vector<std::string>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
};

}  // namespace network
