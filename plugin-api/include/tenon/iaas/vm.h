#pragma once

#include <tenon/described.h>
#include <tenon/flow.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/storage.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Virtual machines, as they travel: in requests, in the data of chains, in answers. Sizes are bytes.
///
/// Whoever adds a member makes it optional or gives it a default that is not empty, so that older input stays valid.
namespace tenon::iaas {

/// An order for an empty disk beside the root disk.
struct DiskSpec {
  std::uint64_t size = 0;
  friend bool operator==(const DiskSpec&, const DiskSpec&) = default;
};
BOOST_DESCRIBE_STRUCT(DiskSpec, (), (size))

/// An order for a virtual machine: the input of the chain vm.create.
struct VmSpec {
  /// Unique on its host: 1 to 63 letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
  std::string name;
  /// If left out, the run that makes the VM gives it one.
  std::optional<std::string> uuid;
  std::uint32_t cpus = 1;
  /// At least 16 MiB.
  std::uint64_t memory = 268435456;
  /// What the root disk begins as: the name of a registered image, or the absolute path of one that is not. An empty
  /// disk of `disk_size` if left out.
  std::optional<std::string> image;
  /// `qcow2` (which the image at a path is if left out) or `raw`. A registered image's is known.
  std::optional<std::string> image_format;
  /// Virtual size of the root disk; the image's if left out.
  std::optional<std::uint64_t> disk_size;
  std::optional<std::vector<DiskSpec>> data_disks;
  /// Absolute path of a file on the host that gets what the VM writes to its serial console. If left out, the console
  /// can be attached to (`virsh console`).
  std::optional<std::string> console;
  /// Names of L2 networks: a NIC on each.
  std::optional<std::vector<std::string>> networks;
  /// More NICs, after those of `networks` in the guest's order, with what is to be said of each.
  std::optional<std::vector<NicSpec>> nics;
  /// Names of the registered host and primary storage that the VM must be on. Any if left out.
  std::optional<std::string> host;
  std::optional<std::string> primary_storage;
};
BOOST_DESCRIBE_STRUCT(VmSpec, (),
                      (name, uuid, cpus, memory, image, image_format, disk_size, data_disks, console, networks, nics,
                       host, primary_storage))

/// All NICs that are ordered, in the guest's order.
[[nodiscard]] inline std::vector<NicSpec> nic_specs(const VmSpec& vm) {
  std::vector<NicSpec> specs;
  if (vm.networks) {
    for (const std::string& network : *vm.networks) specs.push_back({network, std::nullopt, std::nullopt});
  }
  if (vm.nics) specs.insert(specs.end(), vm.nics->begin(), vm.nics->end());
  return specs;
}

/// A virtual machine with an identity: checked, every default decided.
struct VmInstance {
  std::string uuid;
  std::string name;
  std::uint32_t cpus = 1;
  std::uint64_t memory = 0;
  std::optional<std::string> console;
  friend bool operator==(const VmInstance&, const VmInstance&) = default;
};
BOOST_DESCRIBE_STRUCT(VmInstance, (), (uuid, name, cpus, memory, console))

/// All that a hypervisor must know of a VM to run it.
struct VmDefinition {
  VmInstance instance;
  /// In the order in which the guest sees them; it boots from the first.
  std::vector<Volume> volumes;
  /// In the order in which the guest sees them.
  std::vector<NicAttachment> nics;
};
BOOST_DESCRIBE_STRUCT(VmDefinition, (), (instance, volumes, nics))

/// Named as they travel. Stopping: the guest is shutting down. Unknown: the hypervisor can't tell. Absent: it
/// does not know the VM.
enum class VmState : std::uint8_t { Unknown, Running, Paused, Stopping, Stopped, Crashed, Absent };
BOOST_DESCRIBE_ENUM(VmState, Unknown, Running, Paused, Stopping, Stopped, Crashed, Absent)

/// A VM as its host knows it.
struct VmInfo {
  std::string uuid;
  std::string name;
  VmState state = VmState::Unknown;
  /// The idempotency key it was defined with; none if Tenon did not make it.
  std::optional<std::string> key;
  /// Its disks, in the guest's order; without removable media.
  std::vector<VolumeLocation> volumes;
};
BOOST_DESCRIBE_STRUCT(VmInfo, (), (uuid, name, state, key, volumes))

/// What is known of one host: enough to reach its hypervisor.
struct HostRecord {
  std::string name;
  /// Type of the hypervisor's driver: `KVM`.
  std::string type;
  /// As the type understands it. KVM: a libvirt URI.
  std::string uri;
  /// Name of the cluster that it is in.
  std::optional<std::string> cluster = {};
  friend bool operator==(const HostRecord&, const HostRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(HostRecord, (), (name, type, uri, cluster))

/// What the flows of VM chains tell one another.
/// Input of vm.create.
inline constexpr FlowKey<VmSpec> kVm{"vm"};
/// Input of chains about a VM that exists.
inline constexpr FlowKey<std::string> kVmUuid{"vm_uuid"};
inline constexpr FlowKey<VmInstance> kInstance{"instance"};
inline constexpr FlowKey<HostRecord> kHost{"host"};
inline constexpr FlowKey<PrimaryStorageRecord> kPrimaryStorage{"primary_storage"};
/// The VM that kVmUuid means, as its host knew it when the run began.
inline constexpr FlowKey<VmInfo> kVmInfo{"vm_info"};
/// The VM's volumes in the guest's order, the root disk first.
inline constexpr FlowKey<std::vector<Volume>> kVolumes{"volumes"};

}  // namespace tenon::iaas
