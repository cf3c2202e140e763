#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/iaas/vm.h>
#include <tenon/interface.h>
#include <tenon/library.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Hypervisors: what runs virtual machines on a host.
namespace tenon {
class Resource;  // tenon/resource.h
}  // namespace tenon

namespace tenon::iaas {

class Registry;  // tenon/iaas/registry.h

/// One host. Resource of the driver kind Hypervisor.
///
/// Calls block, so they are for a BlockingFlow. Any thread may call, several at once. What can be expected to go wrong
/// is returned, with codes of the driver's. A VM is named by its uuid, in the canonical form
/// (`6695eb01-f6a4-4304-79aa-97f2502e193f`).
///
/// Each call may be repeated: it succeeds if what it asks for is so already. `define` knows its own VM again by the
/// idempotency key (FlowData::key() of its step), which stays with the VM (VmInfo::key). An undo asks `find` for it
/// first, so that it never takes down the VM of another run that uses the same uuid.
class Hypervisor {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.Hypervisor/1";
  virtual ~Hypervisor() = default;

  /// Whether the host answers and can run VMs.
  virtual Result<void> ping() = 0;

  /// Makes the VM known to the host; it does not run yet. A VM with this uuid and this key is left as it is; one with
  /// this uuid and another key, or another VM with this name, is an error.
  virtual Result<void> define(const VmDefinition& vm, const std::string& key) = 0;

  /// Starts a VM that is defined; one that runs is left alone.
  virtual Result<void> start(const std::string& uuid) = 0;

  /// Takes the power away at once. Success if the VM does not run or is not known.
  virtual Result<void> destroy(const std::string& uuid) = 0;

  /// Makes the host forget a VM that does not run; its volumes stay. Success if the VM is not known; an error if it
  /// runs.
  virtual Result<void> undefine(const std::string& uuid) = 0;

  /// The VM, its state and its volumes; none if the host does not know it.
  virtual Result<std::optional<VmInfo>> find(const std::string& uuid) = 0;

  /// All VMs of the host, those that somebody else made included, in the order of their names.
  virtual Result<std::vector<VmInfo>> list() = 0;
};

/// Makes the resources of one type of hypervisor. Driver kind Hypervisor.
class HypervisorFactory {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.HypervisorFactory/2";
  static constexpr std::string_view kDriverKind = "Hypervisor";
  virtual ~HypervisorFactory() = default;

  /// Fails if the record's uri is not of this type. Reaches nothing yet: Hypervisor::ping does. Any thread.
  virtual Result<Owned<Hypervisor>> create(const HostRecord& host) = 0;

  /// What answers the messages about the registered host. Null: the type has nothing of its own to say
  /// (HostResource of tenon/iaas/host_messages.h answers). May ask the store, and so block. Any thread.
  virtual Result<Owned<Resource>> resource(const HostRecord& /*host*/, Registry& /*registry*/) {
    return Owned<Resource>();
  }
};

}  // namespace tenon::iaas
