#pragma once

#include <tenon/iaas/hypervisor.h>

#include <optional>
#include <string>
#include <vector>

namespace acme {

/// One host. What each function must do stands in tenon/iaas/hypervisor.h; until one does it, it says so.
class Hypervisor final : public tenon::iaas::Hypervisor {
 public:
  explicit Hypervisor(std::string uri);

  tenon::Result<void> ping() override;
  tenon::Result<void> define(const tenon::iaas::VmDefinition& vm, const std::string& key) override;
  tenon::Result<void> start(const std::string& uuid) override;
  tenon::Result<void> destroy(const std::string& uuid) override;
  tenon::Result<void> undefine(const std::string& uuid) override;
  tenon::Result<std::optional<tenon::iaas::VmInfo>> find(const std::string& uuid) override;
  tenon::Result<std::vector<tenon::iaas::VmInfo>> list() override;

 private:
  [[nodiscard]] tenon::ErrorCode not_yet(std::string what) const;

  const std::string uri_;
};

}  // namespace acme
