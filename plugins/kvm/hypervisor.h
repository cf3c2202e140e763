#pragma once

#include "connection.h"
#include "domain_type.h"

#include <tenon/iaas/hypervisor.h>

#include <memory>
#include <string>
#include <vector>

namespace kvm {

/// A host whose VMs are domains of libvirt. The domain's uuid is the VM's.
class Hypervisor final : public tenon::iaas::Hypervisor {
 public:
  Hypervisor(std::shared_ptr<Connection> connection, DomainTypeChoice domain_type)
      : connection_(std::move(connection)), domain_type_(domain_type) {}

  tenon::Result<void> ping() override;
  tenon::Result<void> define(const tenon::iaas::VmDefinition& vm, const std::string& key) override;
  tenon::Result<void> start(const std::string& uuid) override;
  tenon::Result<void> destroy(const std::string& uuid) override;
  tenon::Result<void> undefine(const std::string& uuid) override;
  tenon::Result<std::optional<tenon::iaas::VmInfo>> find(const std::string& uuid) override;
  tenon::Result<std::vector<tenon::iaas::VmInfo>> list() override;

 private:
  const std::shared_ptr<Connection> connection_;
  const DomainTypeChoice domain_type_;
};

}  // namespace kvm
