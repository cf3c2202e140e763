#include "folder_network.h"

#include <tenon/plugin.h>

TENON_PLUGIN("folder_network", "1.0.0", plugin) {
  using namespace network::test;  // NOLINT(google-build-using-namespace): the names of the classes
  using namespace tenon::iaas;    // NOLINT(google-build-using-namespace): the names of the keys
  plugin.bean<FolderNetworkFactory>("folder_network.Factory")
      .implements<L2NetworkFactory>()
      .property("root", &FolderNetworkFactory::root, {.required = true});
  plugin.resource<FolderNetwork>("folder_network.Network");
  plugin.bean<RealizeL2Networks>("folder_network.Realize")
      .implements<PreVmInstantiateResourceExtensionPoint>()
      .property("types", &RealizeL2Networks::types, {.required = true})
      .inject(&RealizeL2Networks::drivers)
      .reads(kHost)
      .reads(kNics);
}
