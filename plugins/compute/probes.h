#pragma once

#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage.h>
#include <tenon/resource_probe.h>
#include <tenon/wiring.h>

#include <string>
#include <vector>

/// What there is outside, for whoever looks for what a run left. One that can't ask a device fails: what is not known
/// must not look as if it were not there.
namespace compute {

/// The VMs of all registered hosts, those that Tenon does not know included: `vm UUID NAME (Running) on HOST`.
class HypervisorProbe final : public tenon::ResourceProbe {
 public:
  std::string name() const override { return "virtual machines"; }
  tenon::Result<std::vector<std::string>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

/// All that lies in the registered primary storages: `file NAME on STORAGE`.
class PrimaryStorageProbe final : public tenon::ResourceProbe {
 public:
  std::string name() const override { return "primary storages"; }
  tenon::Result<std::vector<std::string>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::PrimaryStorageFactory> storages;
};

/// The records of the registry, which are state too: `record host h1 (KVM, qemu:///system)`.
class RecordProbe final : public tenon::ResourceProbe {
 public:
  std::string name() const override { return "registry"; }
  tenon::Result<std::vector<std::string>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
};

}  // namespace compute
