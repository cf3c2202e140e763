#pragma once

#include <string>

#include "api_client.h"

/// The commands that show what a node has: tables, or with `json` what the API answers.
namespace tenon::cli {

void show_status(const ApiClient& client, bool json);
void list_plugins(const ApiClient& client, bool json);
void show_plugin(const ApiClient& client, const std::string& name, bool json);
void list_drivers(const ApiClient& client, bool json);
void list_extensions(const ApiClient& client, bool json);
/// The resources of a kind, a column a member; without a kind, the kinds there are.
void list_resources(const ApiClient& client, const std::string& kind, bool json);

}  // namespace tenon::cli
