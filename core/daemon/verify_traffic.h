#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "daemon/settings.h"
#include "daemon/verify_report.h"
#include "daemon/verify_stage.h"
#include "descriptor/properties.h"

namespace tenon::daemon {

struct TrafficRequest {
  /// Of the plugin.
  std::string name;
  std::filesystem::path library;
  /// Which has the library and its descriptors.
  const Stage& stage;
  /// So often the library is replaced.
  std::uint32_t swaps = 0;
  /// With folders and a store of the verification's own.
  Settings settings;
  const descriptor::Properties& properties;
};

/// Replaces a plugin's library again and again in a whole node, while two threads send those of its messages that only
/// read (their method is GET) and look at all that it extends: each is answered, and each former library goes.
void verify_traffic(const TrafficRequest& request, VerifyReport& report);

}  // namespace tenon::daemon
