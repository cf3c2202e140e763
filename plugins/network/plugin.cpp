#include <tenon/plugin.h>

#include "l2_network_service.h"
#include "l2_networks.h"
#include "nics.h"

TENON_PLUGIN("network", "1.0.0", plugin) {
  using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the keys
  using namespace network;      // NOLINT(google-build-using-namespace): the names of the classes
  plugin.flow<AllocateNic>("network.AllocateNic").inject(&AllocateNic::registry).reads(kVm).writes(kNics);
  plugin.flow<AllocateApplianceNic>("network.AllocateApplianceNic")
      .inject(&AllocateApplianceNic::registry)
      .property("management_network", &AllocateApplianceNic::management_network,
                {.description = "name of the L2 network of an appliance's first NIC"})
      .reads(kVm)
      .writes(kNics);

  plugin.flow<FindL2Network>("network.FindL2Network").inject(&FindL2Network::registry).reads(kName).writes(kL2Network);
  plugin.flow<CheckL2Network>("network.CheckL2Network")
      .inject(&CheckL2Network::registry)
      .inject(&CheckL2Network::networks)
      .reads(kL2Network);
  plugin.flow<RealizeL2Network>("network.RealizeL2Network")
      .inject(&RealizeL2Network::registry)
      .inject(&RealizeL2Network::networks)
      .reads(kL2Network);
  plugin.flow<RegisterL2Network>("network.RegisterL2Network").inject(&RegisterL2Network::registry).reads(kL2Network);
  plugin.flow<UnregisterL2Network>("network.UnregisterL2Network")
      .inject(&UnregisterL2Network::registry)
      .reads(kL2Network);
  plugin.flow<UnrealizeL2Network>("network.UnrealizeL2Network")
      .inject(&UnrealizeL2Network::registry)
      .inject(&UnrealizeL2Network::networks)
      .reads(kL2Network);
  plugin.flow<LeaveHost>("network.LeaveHost").inject(&LeaveHost::registry).inject(&LeaveHost::networks).reads(kHost);
  plugin.message<CreateL2Network>();
  plugin.message<ListL2Networks>();
  plugin.message<GetL2Network>();
  plugin.message<DeleteL2Network>();
  plugin.bean<L2NetworkService>("network.L2NetworkService")
      .handles(&L2NetworkService::handle, {.blocks = true})
      .handles(&L2NetworkService::list)
      .inject(&L2NetworkService::registry)
      .inject(&L2NetworkService::drivers);
  plugin.bean<L2NetworkProbe>("network.L2NetworkProbe")
      .implements<tenon::ResourceProbe>()
      .inject(&L2NetworkProbe::registry)
      .inject(&L2NetworkProbe::networks);
}
