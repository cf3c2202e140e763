#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "daemon/settings.h"
#include "daemon/verify_report.h"
#include "descriptor/properties.h"

namespace tenon::daemon {

struct RoundsRequest {
  /// Of the plugin.
  std::string name;
  std::filesystem::path library;
  /// Empty: none.
  std::filesystem::path descriptor;
  /// 0: it is only loaded once and held against its descriptor.
  std::uint32_t rounds = 0;
  /// With a folder and a store of the verification's own, which may not be there yet.
  const Settings& settings;
  const descriptor::Properties& properties;
};

/// Loads and unloads a plugin, with and without its beans, and watches what stays behind. Stops at what would end the
/// process.
void verify_rounds(const RoundsRequest& request, VerifyReport& report);

}  // namespace tenon::daemon
