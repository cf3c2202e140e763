#pragma once

#include <tenon/error.h>
#include <tenon/iaas/network.h>

#include "links.h"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace vlan {

/// A bridge that is wanted.
struct BridgeOrder {
  std::string name;
  /// Name of the network that asks.
  std::string network;
  std::optional<std::string> physical_interface;
  /// Then the bridge's port is not the physical interface but a VLAN device on it.
  std::optional<std::uint16_t> vlan;

  /// Name of the bridge's port that leads out; none if it has none.
  [[nodiscard]] std::optional<std::string> uplink() const;
};

/// The Linux bridges of this machine. Any thread; calls are done one after another, as making a link takes several
/// steps.
///
/// What Tenon made has the alias `tenon:NETWORK`. The users of such a bridge are noted on it, each by an alternative
/// name `tenon-user:USER=KEY`, so that a node that starts again finds them, and a machine that starts again has neither
/// bridges nor notes. One that is gone when a VM needs it is made anew.
class Bridges {
 public:
  /// As L2Network::check, realize, unrealize and ports. `limit`: for each answer of the kernel.
  tenon::Result<void> check(const BridgeOrder& order, std::chrono::milliseconds limit);
  tenon::Result<void> realize(const BridgeOrder& order, const std::string& user, const std::string& key,
                              std::chrono::milliseconds limit);
  tenon::Result<void> unrealize(const BridgeOrder& order, const std::string& user,
                                const std::optional<std::string>& key, std::chrono::milliseconds limit);
  tenon::Result<std::vector<tenon::iaas::NicPort>> ports(const BridgeOrder& order, std::chrono::milliseconds limit);

  /// As ResourceProbe::list: all bridges and VLAN devices of the machine, whoever made them, what is plugged into the
  /// bridges, and the users that are noted: `bridge br0 (tenon:blue)`, `port tn1 of bridge br0`,
  /// `VLAN device eth0.100 (tenon:blue)`, `user nic:… of bridge br0 (KEY)`.
  tenon::Result<std::vector<std::string>> list(std::chrono::milliseconds limit);

 private:
  std::mutex mutex_;
};

}  // namespace vlan
