#include <tenon/iaas/l2_driver.h>
#include <tenon/plugin.h>

#include "check_host.h"
#include "l2_network.h"
#include "l2_records.h"
#include "probe.h"

namespace {

constexpr const char* kDatabase = "address of the database's socket: unix: and an absolute path";
constexpr const char* kDatapath = "type of the datapath of bridges that are made: system or netdev";
constexpr const char* kLimit = "how long one call may take";

}  // namespace

TENON_PLUGIN("ovs", "1.0.0", plugin) {
  using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the keys
  plugin.bean<ovs::L2NetworkFactory>("ovs.L2NetworkFactory")
      .implements<L2NetworkFactory>()
      .property("database", &ovs::L2NetworkFactory::set_database, {.description = kDatabase})
      .property("datapath", &ovs::L2NetworkFactory::datapath, {.description = kDatapath})
      .property("limit", &ovs::L2NetworkFactory::limit, {.min = 1, .max = 600000, .description = kLimit});
  plugin.resource<ovs::L2Network>("ovs.L2Network");
  plugin.message<ovs::CreateL2Network>();
  plugin.message<ovs::ListPorts>();
  plugin.message<ovs::ListL2Networks>();
  plugin.bean<ovs::L2NetworkLists>("ovs.L2NetworkLists").handles(&ovs::L2NetworkLists::list);
  plugin.flow<ovs::RecordL2Network>("ovs.RecordL2Network").reads(ovs::kOvsL2Network);
  plugin.bean<ovs::ForgetL2Network>("ovs.ForgetL2Network")
      .implements<network::L2NetworkDeleteExtensionPoint>()
      .reads(kL2Network);
  plugin.bean<ovs::CheckHost>("ovs.CheckHost")
      .implements<kvm::KvmHostConnectExtensionPoint>()
      .property("database", &ovs::CheckHost::set_database, {.description = kDatabase})
      .property("datapath", &ovs::CheckHost::datapath, {.description = kDatapath})
      .property("limit", &ovs::CheckHost::limit, {.min = 1, .max = 600000, .description = kLimit})
      .property("required", &ovs::CheckHost::required,
                {.description = "whether a host without a working Open vSwitch is refused"})
      .reads(kHost);
  plugin.bean<ovs::Probe>("ovs.Probe")
      .implements<tenon::ResourceProbe>()
      .property("database", &ovs::Probe::set_database, {.description = kDatabase})
      .property("limit", &ovs::Probe::limit, {.min = 1, .max = 600000, .description = kLimit})
      .property("required", &ovs::Probe::required,
                {.description = "whether it is an error that there is no Open vSwitch"});
  plugin.bean<RealizeL2Networks>("ovs.RealizeL2Networks")
      .implements<PreVmInstantiateResourceExtensionPoint>()
      .property("types", &RealizeL2Networks::types, {.required = true, .description = "types of L2 network"})
      .inject(&RealizeL2Networks::drivers)
      .reads(kHost)
      .reads(kNics);
}
