#pragma once

#include <string>

#include "api_client.h"

/// The commands for global config and for tags. A config is named `CATEGORY.NAME`, a resource `KIND:ID`; an empty
/// resource means the global value. A name of another form is a Failure (kUsage).
namespace tenon::cli {

void list_configs(const ApiClient& client, const std::string& category, bool json);
/// The value alone, for scripts.
void get_config(const ApiClient& client, const std::string& config, const std::string& resource, bool json);
void set_config(const ApiClient& client, const std::string& config, const std::string& value,
                const std::string& resource, bool json);
void reset_config(const ApiClient& client, const std::string& config, const std::string& resource, bool json);
/// Which values there are at each level, which one counts, and where each comes from.
void explain_config(const ApiClient& client, const std::string& config, const std::string& resource, bool json);

/// What is empty is no condition.
void list_tags(const ApiClient& client, const std::string& resource, const std::string& pattern, bool json);
void list_tag_patterns(const ApiClient& client, bool json);
void add_tag(const ApiClient& client, const std::string& resource, const std::string& tag, bool json);
void remove_tag(const ApiClient& client, const std::string& resource, const std::string& tag);

}  // namespace tenon::cli
