#pragma once

#include "connection.h"
#include "domain_type.h"

#include <tenon/component.h>
#include <tenon/iaas/hypervisor.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

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

  /// From now on connections that could not be opened are tried again every `heal_interval`.
  void start() override;
  /// Lets go of the connections; one that a resource still uses closes with it.
  void stop() override;

  /// Before `start`.
  void set_heal_interval(std::chrono::milliseconds interval) { heal_interval_ = interval; }

 private:
  DomainTypeChoice domain_type_ = DomainTypeChoice::kAuto;
  /// [healer_]
  void heal();

  std::chrono::milliseconds heal_interval_{2000};
  std::mutex mutex_;
  std::condition_variable stops_;
  bool stopped_ = false;
  std::map<std::string, std::shared_ptr<Connection>> connections_;
  std::thread healer_;
};

}  // namespace kvm
