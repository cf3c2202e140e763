#include <tenon/iaas/l2_driver.h>
#include <tenon/plugin.h>

#include <string>

#include "l2_network.h"

namespace acme {

/// Makes the networks of type Acme.
class L2NetworkFactory final : public tenon::iaas::L2NetworkFactory {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::L2Network>> create(const tenon::iaas::L2NetworkRecord& record,
                                                             const tenon::iaas::HostRecord& host) override {
    if (!tenon::iaas::is_this_machine(host)) {
      return tenon::make_error("ACME.1003", "the host is another machine", "host " + host.name);
    }
    return tenon::make_owned<tenon::iaas::L2Network, L2Network>(root, record.name);
  }

  std::string root;
};

}  // namespace acme

TENON_PLUGIN("acme", "0.1.0", plugin) {
  using tenon::iaas::RealizeL2Networks;
  plugin.bean<acme::L2NetworkFactory>("acme.L2NetworkFactory")
      .implements<tenon::iaas::L2NetworkFactory>()
      .property("root", &acme::L2NetworkFactory::root, {.required = true});
  plugin.resource<acme::L2Network>("acme.L2Network");
  plugin.bean<RealizeL2Networks>("acme.RealizeL2Networks")
      .implements<tenon::iaas::PreVmInstantiateResourceExtensionPoint>()
      .property("types", &RealizeL2Networks::types)
      .inject(&RealizeL2Networks::drivers)
      .reads(tenon::iaas::kHost)
      .reads(tenon::iaas::kNics);
}
