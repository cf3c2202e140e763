#pragma once

#include <tenon/resource_probe.h>

#include "virtual_switch.h"

#include <chrono>
#include <string>
#include <vector>

namespace ovs {

/// What there is in this machine's Open vSwitch.
class Probe final : public tenon::ResourceProbe {
 public:
  std::string name() const override { return "Open vSwitch of this machine"; }
  tenon::Result<std::vector<std::string>> list() const override;

  /// Property `required`: whether the machine must have a switch. If not, one that can't be reached has nothing.
  bool required = true;
  /// Property `database`: see checked_address.
  void set_database(const std::string& address);
  /// Property `limit`.
  std::chrono::milliseconds limit = SwitchSettings{}.limit;

 private:
  std::string database_ = SwitchSettings{}.database;
};

}  // namespace ovs
