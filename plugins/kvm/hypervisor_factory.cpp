#include "hypervisor_factory.h"

#include "hypervisor.h"

namespace kvm {

tenon::Result<tenon::Owned<tenon::iaas::Hypervisor>> HypervisorFactory::create(const tenon::iaas::HostRecord& host) {
  // libvirt takes an empty URI for whatever hypervisor it finds first.
  if (host.uri.find("://") == std::string::npos) {
    return tenon::make_error("KVM.1002", "not a libvirt URI",
                             "host " + host.name + ": expected one such as qemu:///system, found '" + host.uri + "'");
  }
  std::shared_ptr<Connection> connection;
  {
    std::lock_guard lock(mutex_);
    std::shared_ptr<Connection>& shared = connections_[host.uri];
    if (!shared) shared = std::make_shared<Connection>(host.uri);
    connection = shared;
  }
  return tenon::make_owned<tenon::iaas::Hypervisor, Hypervisor>(std::move(connection), domain_type_);
}

void HypervisorFactory::stop() {
  std::map<std::string, std::shared_ptr<Connection>> released;
  std::lock_guard lock(mutex_);
  released.swap(connections_);
}

}  // namespace kvm
