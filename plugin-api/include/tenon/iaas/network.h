#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/interface.h>
#include <tenon/library.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// L2 networks and the NICs of virtual machines on them.
namespace tenon {
class Resource;  // tenon/resource.h
}  // namespace tenon

namespace tenon::iaas {

struct HostRecord;  // tenon/iaas/vm.h, which builds on this header
class Registry;     // tenon/iaas/registry.h, likewise

/// What is known of one L2 network: enough to realize it on a host.
struct L2NetworkRecord {
  std::string name;
  /// Type of the driver: `Openvswitch`, `L2NoVlanNetwork`, `L2VlanNetwork`.
  std::string type;
  /// The host's interface that leads out. Left out: the network stays within the host, if its type can do that.
  std::optional<std::string> physical_interface;
  /// The bridge that its NICs are on. Left out: the type makes a name from the interface. Several networks may share a
  /// bridge, if their type keeps them apart.
  std::optional<std::string> bridge;
  /// 1 to 4094.
  std::optional<std::uint16_t> vlan;
  friend bool operator==(const L2NetworkRecord&, const L2NetworkRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(L2NetworkRecord, (), (name, type, physical_interface, bridge, vlan))

/// An order for a NIC: part of an order for a VM.
struct NicSpec {
  /// Name of the L2 network.
  std::string network;
  /// `52:54:00:12:34:56`. If left out, the run that makes the NIC gives it one.
  std::optional<std::string> mac;
  /// What the guest sees; `virtio` if left out.
  std::optional<std::string> model;
  friend bool operator==(const NicSpec&, const NicSpec&) = default;
};
BOOST_DESCRIBE_STRUCT(NicSpec, (), (network, mac, model))

/// A NIC with an identity: checked, every default decided.
struct Nic {
  /// Unique for all time; in the canonical form. A driver marks by it what belongs to the NIC on a host.
  std::string uuid;
  /// Unique among the NICs of all networks; six pairs of lower-case hex digits with colons.
  std::string mac;
  /// The network as it was when the NIC was allocated, so that an undo does not depend on what became of the record.
  L2NetworkRecord network;
  /// The host's end of the NIC: 1 to 15 characters, unique on the host, so it is made from the MAC. Must not begin with
  /// `vnet`: libvirt keeps such names to itself.
  std::string device;
  std::string model = "virtio";
  friend bool operator==(const Nic&, const Nic&) = default;
};
BOOST_DESCRIBE_STRUCT(Nic, (), (uuid, mac, network, device, model))

/// All that a hypervisor must know to plug a NIC.
struct NicAttachment {
  std::string bridge;
  std::string mac;
  std::string device;
  std::string model = "virtio";
  /// The tag that the hypervisor gives the port. Left out: the bridge carries this network alone.
  std::optional<std::uint16_t> vlan;
  /// What kind of port the bridge wants, by libvirt's name for it (`openvswitch`); a plain bridge's if left out.
  std::optional<std::string> virtualport_type;
  /// The NIC's uuid, for a port that can carry one (libvirt: the virtual port's `interfaceid`).
  std::optional<std::string> interface_id;
  friend bool operator==(const NicAttachment&, const NicAttachment&) = default;
};
BOOST_DESCRIBE_STRUCT(NicAttachment, (), (bridge, mac, device, model, vlan, virtualport_type, interface_id))

/// A port of a bridge as the host knows it. What the host can't tell is left out.
struct NicPort {
  std::string name;
  std::optional<std::string> mac;
  /// The NIC's uuid.
  std::optional<std::string> nic;
  /// The uuid of the VM that it was plugged for.
  std::optional<std::string> vm;
  friend bool operator==(const NicPort&, const NicPort&) = default;
};
BOOST_DESCRIBE_STRUCT(NicPort, (), (name, mac, nic, vm))

/// Who uses a network on a host (L2Network::realize): a NIC from before its VM is made until after that is gone, or
/// the network itself, as long as an operator wants it to be there.
[[nodiscard]] inline std::string l2_user(const Nic& nic) { return "nic:" + nic.uuid; }
[[nodiscard]] inline std::string l2_user(const L2NetworkRecord& network) { return "network:" + network.name; }

/// One L2 network on one host. Resource of the driver kind L2Network.
///
/// Calls block, each within a time limit of the driver's, so they are for a BlockingFlow; `attachment` alone touches
/// nothing and returns at once. Any thread may call, several at once. What can be expected to go wrong is returned,
/// with codes of the driver's.
///
/// Each call may be repeated: it succeeds if what it asks for is so already. What Tenon did not make (a bridge that an
/// administrator set up) is used as it is: never changed, never removed. What it made carries a mark on the host.
class L2Network {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.L2Network/1";
  virtual ~L2Network() = default;

  /// Whether the network can be used on this host now: the daemon answers and works, the kernel has what is needed, the
  /// physical interface is there. Leaves nothing behind.
  virtual Result<void> check() = 0;

  /// Makes what is missing of the network on the host, and notes that `user` (l2_user) needs it from now on. `key`, the
  /// idempotency key of the step (FlowData::key()), stays with the note; a user that is noted with another key keeps
  /// that one. When it returns, a NIC can be plugged.
  virtual Result<void> realize(const std::string& user, const std::string& key) = 0;

  /// Forgets `user`, if it is noted with `key`; whatever its key if none is given. Then removes what Tenon made, if no
  /// user is left and nothing is plugged in. Success too if others still use it. An undo gives its step's key, so that
  /// it never takes the network away from another run.
  virtual Result<void> unrealize(const std::string& user, const std::optional<std::string>& key) = 0;

  /// What a hypervisor needs to plug the NIC into this network.
  virtual Result<NicAttachment> attachment(const Nic& nic) = 0;

  /// Removes what the hypervisor left of a NIC whose VM does not run. Success if nothing is left.
  virtual Result<void> release(const Nic& nic) = 0;

  /// The ports of the network's bridge, without those that belong to the bridge itself or lead out; so also ports that
  /// were left behind by VMs that are gone. Empty if the network is not realized. In the order of their names.
  virtual Result<std::vector<NicPort>> ports() = 0;
};

/// Makes the resources of one type of L2 network. Driver kind L2Network.
class L2NetworkFactory {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.L2NetworkFactory/2";
  static constexpr std::string_view kDriverKind = "L2Network";
  virtual ~L2NetworkFactory() = default;

  /// The network on this host. Fails if the record is not one of this type, or if the driver can't reach such a host.
  /// Reaches nothing yet: L2Network::check does. Any thread.
  virtual Result<Owned<L2Network>> create(const L2NetworkRecord& record, const HostRecord& host) = 0;

  /// What answers the messages about the registered network. Null: the type has nothing of its own to say
  /// (L2NetworkResource of tenon/iaas/l2_messages.h answers). May ask the store, and so block. Any thread.
  virtual Result<Owned<Resource>> resource(const L2NetworkRecord& /*record*/, Registry& /*registry*/) {
    return Owned<Resource>();
  }
};

/// The NICs of the VM that a run is about. Whoever makes a VM sets them before the first extension point; whoever
/// destroys one, too.
inline constexpr FlowKey<std::vector<Nic>> kNics{"nics"};

}  // namespace tenon::iaas
