#pragma once

#include <tenon/library.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "config/property_table.h"
#include "daemon/options.h"
#include "descriptor/diagnostics.h"
#include "descriptor/file_trust.h"
#include "descriptor/properties.h"
#include "store/address.h"

namespace tenon::daemon {

/// What the node's own properties say. Each is described in the table in settings.cpp.
struct Settings {
  std::vector<std::filesystem::path> descriptors;
  std::vector<std::filesystem::path> plugins;
  descriptor::Trust trust = descriptor::Trust::kOwner;
  std::filesystem::path state;
  std::filesystem::path socket;
  store::Address store;
  bool allow_unsafe_store = false;
  LogLevel log_level = LogLevel::kInfo;
  std::chrono::milliseconds stop_grace{};
  std::size_t blocking_threads = 0;
  std::size_t runs_kept = 0;
  /// 0: for ever; so for events.
  std::chrono::hours run_retention{0};
  std::chrono::hours event_retention{0};
  std::size_t connections = 0;
  /// Whether changed files are looked for, and how long nothing must have happened to them.
  bool watch = true;
  std::chrono::milliseconds watch_quiet{};
  /// wiring::SwapGate::patience.
  std::chrono::milliseconds swap_patience{};
};

/// The properties that the command line asks for: the file, then `--set`.
[[nodiscard]] descriptor::Properties read_properties(const Options& options, descriptor::Diagnostics& diagnostics);

/// The node's own among them. A value that does not fit, and a name `tenon.…` that there is not, is an error where it
/// was set.
[[nodiscard]] Settings read_settings(const descriptor::Properties& properties, descriptor::Diagnostics& diagnostics);

/// The table, as what plugins declare is shown.
[[nodiscard]] std::vector<config::DeclaredProperty> declared_settings();

/// The table for people: one line each.
[[nodiscard]] std::string describe_settings();

}  // namespace tenon::daemon
