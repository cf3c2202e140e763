#pragma once

#include <tenon/iaas/network.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace acme {

/// One network on this machine. Here it is a folder, and each of its users a file in there: put in their place what
/// your switch has. What each function must do stands in tenon/iaas/network.h.
class L2Network final : public tenon::iaas::L2Network {
 public:
  L2Network(std::filesystem::path root, std::string name);

  tenon::Result<void> check() override;
  tenon::Result<void> realize(const std::string& user, const std::string& key) override;
  tenon::Result<void> unrealize(const std::string& user, const std::optional<std::string>& key) override;
  tenon::Result<tenon::iaas::NicAttachment> attachment(const tenon::iaas::Nic& nic) override;
  tenon::Result<void> release(const tenon::iaas::Nic& nic) override;
  tenon::Result<std::vector<tenon::iaas::NicPort>> ports() override;

 private:
  [[nodiscard]] std::filesystem::path folder() const { return root_ / name_; }

  const std::filesystem::path root_;
  const std::string name_;
};

}  // namespace acme
