#pragma once

#include "connection.h"
#include "domain_type.h"

#include <tenon/component.h>
#include <tenon/iaas/hypervisor.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace kvm {

/// Hypervisor type KVM, on libvirt.
///
/// All resources of one URI share one connection, which the factory keeps open until it is stopped: opening one costs
/// more than most calls, and the VMs of libvirt's `test:///default` live only as long as a connection to it.
class HypervisorFactory final : public tenon::iaas::HypervisorFactory, public tenon::Component {
 public:
  /// Property `domain_type`: `auto`, `kvm` or `qemu`. Throws for any other text.
  void set_domain_type(const std::string& text) { domain_type_ = domain_type_choice(text); }

  tenon::Result<tenon::Owned<tenon::iaas::Hypervisor>> create(const tenon::iaas::HostRecord& host) override;

  /// Lets go of the connections; one that a resource still uses closes with it.
  void stop() override;

 private:
  DomainTypeChoice domain_type_ = DomainTypeChoice::kAuto;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Connection>> connections_;
};

}  // namespace kvm
