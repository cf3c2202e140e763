#pragma once

#include <tenon/iaas/storage.h>

#include <optional>
#include <string>
#include <vector>

namespace acme {

/// One storage. What each function must do stands in tenon/iaas/storage.h; until one does it, it says so.
class PrimaryStorage final : public tenon::iaas::PrimaryStorage {
 public:
  explicit PrimaryStorage(std::string url);

  tenon::Result<void> ping() override;
  tenon::Result<tenon::iaas::StorageCapacity> capacity() override;
  tenon::Result<tenon::iaas::Volume> create_volume(const tenon::iaas::VolumeSpec& spec) override;
  tenon::Result<void> delete_volume(const std::string& name) override;
  std::optional<std::string> volume_at(const tenon::iaas::VolumeLocation& location) override;
  tenon::Result<std::vector<std::string>> list() override;

 private:
  [[nodiscard]] tenon::ErrorCode not_yet(std::string what) const;

  const std::string url_;
};

}  // namespace acme
