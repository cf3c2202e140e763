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

}  // namespace tenon::cli
