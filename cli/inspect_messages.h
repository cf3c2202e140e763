#pragma once

#include <tenon/json.h>

#include <string>
#include <vector>

#include "api_client.h"
#include "terminal.h"

/// The commands that show a node's messages, the calls that wait, and the error codes.
namespace tenon::cli {

void list_messages(const ApiClient& client, bool json);
void show_message(const ApiClient& client, const std::string& name, bool json);
void list_calls(const ApiClient& client, bool json);
void list_errors(const ApiClient& client, bool json);
void show_error(const ApiClient& client, const std::string& code, bool json);

/// A message as `message show` prints it.
[[nodiscard]] std::string message_text(const Json& message, const Terminal& terminal);
/// `{message, handler, caller, age, waits for, behind}`.
[[nodiscard]] std::vector<std::string> call_row(const Json& call);

}  // namespace tenon::cli
