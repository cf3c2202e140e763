#pragma once

#include <tenon/contract.h>
#include <tenon/flow.h>
#include <tenon/iaas/registry.h>

#include <string_view>

namespace network {

/// The last steps of the chain that removes an L2 network of any type: it is no longer registered, and gone from the
/// hosts. What a driver keeps of the network in tables of its own is forgotten here. Finds tenon::iaas::kL2Network,
/// which may be of another driver's type.
///
/// If a step fails, the network is made and registered again. What an earlier step has forgotten is then lost, unless
/// its undo restores it.
class L2NetworkDeleteExtensionPoint : public tenon::Flow {
 public:
  static constexpr std::string_view kInterface = "tenon.network.L2NetworkDeleteExtensionPoint/1";
  static void contract(tenon::FlowContract& contract) { contract.reads(tenon::iaas::kL2Network); }
};

}  // namespace network
