#include <tenon/plugin.h>

#include "configured_registry.h"
#include "on_hypervisor.h"
#include "placement.h"
#include "prepare_vm.h"
#include "volumes.h"

namespace {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the keys

void declare_registry(tenon::PluginBuilder& plugin) {
  using compute::ConfiguredRegistry;
  plugin.bean<ConfiguredRegistry>("compute.ConfiguredRegistry")
      .implements<Registry>()
      .property("host_name", &ConfiguredRegistry::host_name, {.required = true, .description = "name of the host"})
      .property("hypervisor_type", &ConfiguredRegistry::hypervisor_type,
                {.required = true, .description = "type of its Hypervisor driver"})
      .property("hypervisor_uri", &ConfiguredRegistry::hypervisor_uri,
                {.required = true, .description = "where its hypervisor is"})
      .property("storage_name", &ConfiguredRegistry::storage_name,
                {.required = true, .description = "name of the primary storage"})
      .property("storage_type", &ConfiguredRegistry::storage_type,
                {.required = true, .description = "type of its PrimaryStorage driver"})
      .property("storage_url", &ConfiguredRegistry::storage_url,
                {.required = true, .description = "where the primary storage is"});
}

void declare_create(tenon::PluginBuilder& plugin) {
  plugin.flow<compute::PrepareVm>("compute.PrepareVm").reads(kVm).writes(kInstance);
  plugin.flow<compute::AllocateHost>("compute.AllocateHost")
      .inject(&compute::AllocateHost::registry)
      .inject(&compute::AllocateHost::hypervisors)
      .writes(kHost);
  plugin.flow<compute::AllocatePrimaryStorage>("compute.AllocatePrimaryStorage")
      .inject(&compute::AllocatePrimaryStorage::registry)
      .inject(&compute::AllocatePrimaryStorage::storages)
      .reads(kVm)
      .writes(kPrimaryStorage);
  plugin.flow<compute::AllocateVolume>("compute.AllocateVolume")
      .inject(&compute::AllocateVolume::storages)
      .reads(kVm)
      .reads(kInstance)
      .reads(kPrimaryStorage)
      .writes(kVolumes);
  plugin.flow<compute::CreateOnHypervisor>("compute.CreateOnHypervisor")
      .inject(&compute::CreateOnHypervisor::hypervisors)
      .reads(kInstance)
      .reads(kVolumes)
      .reads(kHost);
}

void declare_destroy(tenon::PluginBuilder& plugin) {
  plugin.flow<compute::LocateVm>("compute.LocateVm")
      .inject(&compute::LocateVm::registry)
      .inject(&compute::LocateVm::hypervisors)
      .reads(kVmUuid)
      .writes(kHost)
      .writes(kVmInfo);
  plugin.flow<compute::DestroyOnHypervisor>("compute.DestroyOnHypervisor")
      .inject(&compute::DestroyOnHypervisor::hypervisors)
      .reads(kVmInfo)
      .reads(kHost);
  plugin.flow<compute::DeleteVolume>("compute.DeleteVolume")
      .inject(&compute::DeleteVolume::registry)
      .inject(&compute::DeleteVolume::storages)
      .reads(kVmInfo);
  plugin.flow<compute::UndefineOnHypervisor>("compute.UndefineOnHypervisor")
      .inject(&compute::UndefineOnHypervisor::hypervisors)
      .reads(kVmInfo)
      .reads(kHost);
}

}  // namespace

TENON_PLUGIN("compute", "1.0.0", plugin) {
  declare_registry(plugin);
  declare_create(plugin);
  declare_destroy(plugin);
}
