#pragma once

#include <tenon/blocking_extension.h>
#include <tenon/kvm/host_connect.h>

#include "virtual_switch.h"

#include <chrono>
#include <string>

namespace ovs {

/// Refuses a host whose Open vSwitch does not work: OVS.1014, whose cause says what is wrong. Reads kHost. It is a
/// check alone: it changes nothing, and such a host is refused before any plugin has prepared anything on it.
class CheckHost final : public tenon::NoRollbackBlockingExtension<kvm::KvmHostConnectExtensionPoint> {
 public:
  void check(tenon::FlowData& data) const override;
  void execute(tenon::FlowData& /*data*/) const override {}

  /// Property `required`: whether such a host is refused; if not, there is a warning in the log.
  bool required = true;
  /// Property `database`: see checked_address.
  void set_database(const std::string& address);
  /// Properties `datapath` and `limit`.
  std::string datapath = SwitchSettings{}.datapath;
  std::chrono::milliseconds limit = SwitchSettings{}.limit;

 private:
  std::string database_ = SwitchSettings{}.database;
};

}  // namespace ovs
