#include "hypervisor_factory.h"

#include "hypervisor.h"

#include <vector>

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

void HypervisorFactory::start() {
  healer_ = std::thread([this] { heal(); });
}

void HypervisorFactory::stop() {
  std::map<std::string, std::shared_ptr<Connection>> released;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    released.swap(connections_);
  }
  stops_.notify_all();
  if (healer_.joinable()) healer_.join();
}

void HypervisorFactory::heal() {
  std::unique_lock lock(mutex_);
  while (!stops_.wait_for(lock, heal_interval_, [this] { return stopped_; })) {
    std::vector<std::shared_ptr<Connection>> connections;
    for (const auto& [uri, connection] : connections_) connections.push_back(connection);
    lock.unlock();
    for (const auto& connection : connections) connection->heal();
    connections.clear();
    lock.lock();
  }
}

}  // namespace kvm
