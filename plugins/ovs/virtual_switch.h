#pragma once

#include <tenon/error.h>
#include <tenon/iaas/network.h>

#include "session.h"
#include "tables.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ovs {

/// Where the host's Open vSwitch is, and how it is used.
struct SwitchSettings {
  /// `unix:` and the path of the database's socket.
  std::string database = "unix:/run/openvswitch/db.sock";
  /// Type of the datapath of bridges that are made: `system` (the kernel's) or `netdev` (in user space).
  std::string datapath = "system";
  /// How long one call may take.
  std::chrono::milliseconds limit{10000};
};

/// A bridge that is wanted.
struct BridgeOrder {
  std::string name;
  /// Name of the network that asks.
  std::string network;
  std::optional<std::string> physical_interface;
  /// `standalone` or `secure`, for a bridge that is made; Open vSwitch's own if left out.
  std::optional<std::string> fail_mode = {};
};

/// The Open vSwitch of this machine. Any thread, several at once; calls block, each within the settings' limit. Other
/// nodes and programs may change the database at the same time: what depends on a row is done in one transaction that
/// fails if the row has changed, and then tried again.
///
/// A bridge that Tenon made has `tenon-network`, the name of the network that it was made for, among its external ids,
/// and for each user `tenon-user:USER` with the user's key. So the notes outlive this process, and go with the bridge.
class VirtualSwitch {
 public:
  explicit VirtualSwitch(SwitchSettings settings) : settings_(std::move(settings)) {}

  /// Whether both daemons work: the database answers, and ovs-vswitchd applies what stands in it.
  tenon::Result<void> check() const;
  /// check, and whether a bridge could be realized.
  tenon::Result<void> check(const BridgeOrder& order) const;

  /// As L2Network::realize and unrealize.
  tenon::Result<void> realize(const BridgeOrder& order, const std::string& user, const std::string& key) const;
  tenon::Result<void> unrealize(const std::string& bridge, const std::string& user,
                                const std::optional<std::string>& key) const;

  /// As L2Network::ports. A NIC's port is known by the external ids that libvirt gives its interface: `attached-mac`,
  /// `iface-id`, `vm-id`.
  tenon::Result<std::vector<tenon::iaas::NicPort>> ports(const std::string& bridge) const;
  /// As ResourceProbe::list: all bridges, whoever made them, their ports, and the users that are noted:
  /// `bridge br0 (made for blue)`, `port tn1 of bridge br0`, `user nic:… of bridge br0 (KEY)`.
  tenon::Result<std::vector<std::string>> list() const;
  /// Removes the ports of the NIC with this uuid from the bridge.
  tenon::Result<void> remove_ports(const std::string& bridge, const std::string& nic) const;

 private:
  /// The operations that a state of the database calls for, as an array; empty if all is as it should be. Called again
  /// with a fresh state if the database changed meanwhile.
  using Plan = std::function<tenon::Result<tenon::Json>(const Snapshot&)>;
  struct Change {
    /// Whether there was anything to do.
    bool done = false;
    /// What ovs-vswitchd must have reached.
    std::int64_t next_cfg = 0;
  };
  static tenon::Result<Change> change_once(Session& session, const Plan& plan);
  /// change_once, until nobody gets in its way. OVS.1006 at the session's deadline.
  static tenon::Result<Change> change(Session& session, const Plan& plan);

  tenon::Result<tenon::Json> plan_bridge(const Snapshot& now, const BridgeOrder& order, const std::string& user,
                                         const std::string& key) const;
  tenon::Result<void> check_daemons(Session& session) const;
  tenon::Result<void> check_datapath(const Snapshot& now) const;
  /// Removes within the limit; what ovs-vswitchd has not applied by then, it applies when it works again.
  tenon::Result<void> remove(const std::string& bridge, const Plan& plan) const;

  const SwitchSettings settings_;
};

}  // namespace ovs
