#include <tenon/plugin.h>

#include "host_tags.h"
#include "images.h"
#include "on_hypervisor.h"
#include "placement.h"
#include "prepare_vm.h"
#include "probes.h"
#include "registered_vms.h"
#include "resources.h"
#include "services.h"
#include "store_registry.h"
#include "volumes.h"
#include "zones.h"

namespace {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the keys

void declare_registry(tenon::PluginBuilder& plugin) {
  using namespace compute;  // NOLINT(google-build-using-namespace): the names of the classes
  plugin.bean<StoreRegistry>("compute.StoreRegistry").implements<Registry>();
}

void declare_services(tenon::PluginBuilder& plugin) {
  using namespace compute;  // NOLINT(google-build-using-namespace): the names of the classes
  plugin.message<AddHost>();
  plugin.message<ListHosts>();
  plugin.message<GetHost>();
  plugin.message<ReconnectHost>();
  plugin.message<RemoveHost>();
  plugin.bean<HostService>("compute.HostService")
      .handles(&HostService::handle, {.blocks = true})
      .handles(&HostService::list)
      .inject(&HostService::registry)
      .inject(&HostService::drivers);
  plugin.bean<PrimaryStorageService>("compute.PrimaryStorageService")
      .handles(&PrimaryStorageService::handle, {.blocks = true})
      .handles(&PrimaryStorageService::list)
      .inject(&PrimaryStorageService::registry)
      .inject(&PrimaryStorageService::drivers);
  plugin.message<AddImage>();
  plugin.message<ListImages>();
  plugin.message<GetImage>();
  plugin.message<RemoveImage>();
  plugin.bean<ImageService>("compute.ImageService")
      .handles(&ImageService::get)
      .handles(&ImageService::list)
      .inject(&ImageService::registry);
  plugin.message<CreateVm>();
  plugin.message<CreateApplianceVm>();
  plugin.message<ListVms>();
  plugin.message<GetVm>();
  plugin.message<DestroyVm>();
  plugin.bean<VmService>("compute.VmService")
      .handles(&VmService::get)
      .handles(&VmService::list)
      .inject(&VmService::registry)
      .inject(&VmService::hypervisors);
}

void declare_zones(tenon::PluginBuilder& plugin) {
  plugin.message<CreateZone>();
  plugin.message<ListZones>();
  plugin.message<DeleteZone>();
  plugin.bean<compute::ZoneService>("compute.ZoneService")
      .handles(&compute::ZoneService::create)
      .handles(&compute::ZoneService::list)
      .handles(&compute::ZoneService::remove);
  plugin.message<CreateCluster>();
  plugin.message<ListClusters>();
  plugin.message<DeleteCluster>();
  plugin.bean<compute::ClusterService>("compute.ClusterService")
      .handles(&compute::ClusterService::create)
      .handles(&compute::ClusterService::list)
      .handles(&compute::ClusterService::remove);
  plugin.bean<compute::Parents>("compute.Parents").implements<tenon::ResourceParents>();
}

void declare_probes(tenon::PluginBuilder& plugin) {
  using namespace compute;  // NOLINT(google-build-using-namespace): the names of the classes
  plugin.bean<HypervisorProbe>("compute.HypervisorProbe")
      .implements<tenon::ResourceProbe>()
      .inject(&HypervisorProbe::registry)
      .inject(&HypervisorProbe::hypervisors);
  plugin.bean<PrimaryStorageProbe>("compute.PrimaryStorageProbe")
      .implements<tenon::ResourceProbe>()
      .inject(&PrimaryStorageProbe::registry)
      .inject(&PrimaryStorageProbe::storages);
  plugin.bean<RecordProbe>("compute.RecordProbe").implements<tenon::ResourceProbe>().inject(&RecordProbe::registry);
}

/// Find, register and unregister of one kind.
template <class Find, class Register, class Unregister, class Record>
void declare_record_flows(tenon::PluginBuilder& plugin, const std::string& kind, const tenon::FlowKey<Record>& key) {
  plugin.flow<Find>("compute.Find" + kind).inject(&Find::registry).reads(kName).writes(key);
  plugin.flow<Register>("compute.Register" + kind).inject(&Register::registry).reads(key);
  plugin.flow<Unregister>("compute.Unregister" + kind).inject(&Unregister::registry).reads(key);
}

/// The properties of a flow that calls qemu-img.
template <class F>
tenon::ClassBuilder<F> declare_qemu_img(tenon::ClassBuilder<F> flow) {
  return flow.property("qemu_img", &F::qemu_img, {.description = "the program qemu-img"})
      .property("qemu_img_limit", &F::qemu_img_limit,
                {.min = 1, .max = 86400, .description = "how long one call of qemu-img may take"});
}

void declare_resources(tenon::PluginBuilder& plugin) {
  using namespace compute;  // NOLINT(google-build-using-namespace): the names of the classes
  plugin.flow<ConnectHost>("compute.ConnectHost").inject(&ConnectHost::hypervisors).reads(kHost);
  declare_record_flows<FindHost, RegisterHost, UnregisterHost>(plugin, "Host", kHost);
  plugin.flow<FindHostTags>("compute.FindHostTags").reads(kHost).writes(kHostTags);
  declare_qemu_img(plugin.flow<TagHost>("compute.TagHost")).reads(kHost).reads(kHostTags);
  plugin.flow<ForgetHostTags>("compute.ForgetHostTags").reads(kHost).reads(kHostTags);
  plugin.flow<PingPrimaryStorage>("compute.PingPrimaryStorage")
      .inject(&PingPrimaryStorage::storages)
      .reads(kPrimaryStorage);
  declare_record_flows<FindPrimaryStorage, RegisterPrimaryStorage, UnregisterPrimaryStorage>(plugin, "PrimaryStorage",
                                                                                             kPrimaryStorage);
  declare_qemu_img(plugin.flow<CheckImage>("compute.CheckImage")).reads(kImage);
  declare_record_flows<FindImage, RegisterImage, UnregisterImage>(plugin, "Image", kImage);
}

void declare_create(tenon::PluginBuilder& plugin) {
  plugin.flow<compute::PrepareVm>("compute.PrepareVm").reads(kVm).writes(kInstance);
  plugin.flow<compute::AllocateHost>("compute.AllocateHost")
      .inject(&compute::AllocateHost::registry)
      .inject(&compute::AllocateHost::hypervisors)
      .inject(&compute::AllocateHost::networks)
      .config("host", "max.vms", &compute::AllocateHost::max_vms)
      .config("host", "vm.memory", &compute::AllocateHost::vm_memory)
      .reads(kVm)
      .writes(kHost);
  plugin.flow<compute::SelectImage>("compute.SelectImage")
      .inject(&compute::SelectImage::registry)
      .reads(kVm)
      .writes(kSelectedImage);
  plugin.flow<compute::AllocatePrimaryStorage>("compute.AllocatePrimaryStorage")
      .inject(&compute::AllocatePrimaryStorage::registry)
      .inject(&compute::AllocatePrimaryStorage::storages)
      .config("primaryStorage", "reserved.capacity", &compute::AllocatePrimaryStorage::reserved)
      .reads(kVm)
      .writes(kPrimaryStorage);
  plugin.flow<compute::AllocateVolume>("compute.AllocateVolume")
      .inject(&compute::AllocateVolume::storages)
      .reads(kVm)
      .reads(kInstance)
      .reads(kSelectedImage)
      .reads(kPrimaryStorage)
      .writes(kVolumes);
  plugin.flow<compute::RegisterVm>("compute.RegisterVm")
      .inject(&compute::RegisterVm::registry)
      .reads(kInstance)
      .reads(kHost)
      .reads(kPrimaryStorage)
      .reads(kSelectedImage)
      .reads(kVolumes)
      .reads(kNics);
  plugin.flow<compute::AnnounceVm>("compute.AnnounceVm").reads(kInstance).reads(kHost);
  plugin.flow<compute::CreateOnHypervisor>("compute.CreateOnHypervisor")
      .inject(&compute::CreateOnHypervisor::hypervisors)
      .inject(&compute::CreateOnHypervisor::networks)
      .reads(kInstance)
      .reads(kVolumes)
      .reads(kNics)
      .reads(kHost);
}

void declare_destroy(tenon::PluginBuilder& plugin) {
  plugin.flow<compute::LocateVm>("compute.LocateVm")
      .inject(&compute::LocateVm::registry)
      .inject(&compute::LocateVm::hypervisors)
      .reads(kVmUuid)
      .writes(kInstance)
      .writes(kHost)
      .writes(kVmInfo)
      .writes(kNics);
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
  plugin.flow<compute::UnregisterVm>("compute.UnregisterVm").inject(&compute::UnregisterVm::registry).reads(kVmInfo);
}

}  // namespace

TENON_PLUGIN("compute", "1.0.0", plugin) {
  declare_registry(plugin);
  declare_services(plugin);
  declare_zones(plugin);
  declare_probes(plugin);
  declare_resources(plugin);
  declare_create(plugin);
  declare_destroy(plugin);
}
