#pragma once

#include <tenon/iaas/registry.h>

#include <string>

namespace compute {

/// One host and one primary storage, as properties say.
class ConfiguredRegistry final : public tenon::iaas::Registry {
 public:
  std::vector<tenon::iaas::HostRecord> hosts() override { return {{host_name, hypervisor_type, hypervisor_uri}}; }
  std::vector<tenon::iaas::PrimaryStorageRecord> primary_storages() override {
    return {{storage_name, storage_type, storage_url}};
  }

  std::string host_name;
  std::string hypervisor_type;
  std::string hypervisor_uri;
  std::string storage_name;
  std::string storage_type;
  std::string storage_url;
};

}  // namespace compute
