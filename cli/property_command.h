#pragma once

#include <filesystem>
#include <string>

#include "api_client.h"

/// The commands for global properties: those of a running node, and those of a properties file.
namespace tenon::cli {

void list_properties(const ApiClient& client, bool json);
/// The value alone, for scripts.
void get_property(const ApiClient& client, const std::string& name, bool json);
void explain_property(const ApiClient& client, const std::string& name, bool json);

void set_property(const std::filesystem::path& file, const std::string& name, const std::string& value);
void reset_property(const std::filesystem::path& file, const std::string& name);

}  // namespace tenon::cli
