#pragma once

#include <tenon/iaas/storage.h>
#include <tenon/iaas/vm.h>
#include <tenon/interface.h>

#include <string_view>
#include <vector>

namespace tenon::iaas {

/// What virtual machines may be placed on. One bean of a node implements it. Any thread; must not block for long.
class Registry {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.Registry/1";
  virtual ~Registry() = default;

  /// In the order in which they are to be tried.
  virtual std::vector<HostRecord> hosts() = 0;
  virtual std::vector<PrimaryStorageRecord> primary_storages() = 0;
};

}  // namespace tenon::iaas
