#include <tenon/plugin.h>

#include "hypervisor.h"

namespace acme {

/// Makes the hypervisors of type Acme, whose hosts have the uri `acme://…`.
class HypervisorFactory final : public tenon::iaas::HypervisorFactory {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::Hypervisor>> create(const tenon::iaas::HostRecord& host) override {
    if (!host.uri.starts_with("acme://")) {
      return tenon::make_error("ACME.1002", "the address is not one of this type", host.uri);
    }
    return tenon::make_owned<tenon::iaas::Hypervisor, Hypervisor>(host.uri);
  }
};

}  // namespace acme

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.bean<acme::HypervisorFactory>("acme.HypervisorFactory").implements<tenon::iaas::HypervisorFactory>();
  plugin.resource<acme::Hypervisor>("acme.Hypervisor");
}
