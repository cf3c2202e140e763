#include <tenon/plugin.h>

#include "hypervisor.h"
#include "hypervisor_factory.h"

TENON_PLUGIN("kvm", "1.0.0", plugin) {
  plugin.bean<kvm::HypervisorFactory>("kvm.HypervisorFactory")
      .implements<tenon::iaas::HypervisorFactory>()
      .property("domain_type", &kvm::HypervisorFactory::set_domain_type,
                {.description = "auto, kvm or qemu: the libvirt domain type of the VMs"});
  plugin.resource<kvm::Hypervisor>("kvm.Hypervisor");
}
