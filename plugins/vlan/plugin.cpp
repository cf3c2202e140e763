#include <tenon/iaas/l2_driver.h>
#include <tenon/plugin.h>

#include "l2_network.h"

TENON_PLUGIN("vlan", "1.0.0", plugin) {
  using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the keys
  plugin.bean<vlan::L2NetworkFactory>("vlan.L2NetworkFactory")
      .implements<L2NetworkFactory>()
      .implements<tenon::ResourceProbe>()
      .property("limit", &vlan::L2NetworkFactory::limit,
                {.min = 1, .max = 600000, .description = "how long the kernel may take for one answer"});
  plugin.resource<vlan::L2Network>("vlan.L2Network");
  plugin.bean<RealizeL2Networks>("vlan.RealizeL2Networks")
      .implements<PreVmInstantiateResourceExtensionPoint>()
      .property("types", &RealizeL2Networks::types, {.required = true, .description = "types of L2 network"})
      .inject(&RealizeL2Networks::drivers)
      .reads(kHost)
      .reads(kNics);
}
