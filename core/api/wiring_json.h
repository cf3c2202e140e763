#pragma once

#include <tenon/json.h>

#include "wiring/wiring.h"

/// What a wiring holds, as the API shows it; chains are in chain_json.h.
namespace tenon::api {

[[nodiscard]] Json plugins_json(const wiring::Wiring& wiring);
/// With its classes and beans.
[[nodiscard]] Json plugin_json(const wiring::Wiring& wiring, const wiring::PluginInfo& plugin);
[[nodiscard]] Json drivers_json(const wiring::Wiring& wiring);
[[nodiscard]] Json extensions_json(const wiring::Wiring& wiring);

}  // namespace tenon::api
