#pragma once

#include <tenon/json.h>

#include <string>
#include <string_view>

#include "api_client.h"

/// The commands for the life of plugins.
namespace tenon::cli {

void reload_plugins(const ApiClient& client, bool json);
/// `verb`: disable, enable or remove.
void order_plugin(const ApiClient& client, const std::string& name, std::string_view verb, bool json);

/// What a reload changed, a line each, and what it warns of.
[[nodiscard]] std::string reload_text(const Json& report);
/// The last reload in a few words, for the status; empty if there was none.
[[nodiscard]] std::string last_reload_text(const Json& status);

}  // namespace tenon::cli
