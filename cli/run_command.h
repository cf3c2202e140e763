#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api_client.h"

/// The commands that start, follow and cancel runs.
namespace tenon::cli {

enum class Watch { kNo, kYes };

/// Sends a request. If a run answers it, shows the run to its end, as `start_run` does; if not, returns the answer.
/// `body` may be null.
[[nodiscard]] std::optional<Answer> follow(const ApiClient& client, std::string_view method, const std::string& target,
                                           const Json* body, Watch watch, bool json);

/// Starts a run and waits for its end. `input`: a file of one JSON object, the chain's inputs; `-` for standard input;
/// empty for none. A run that fails is a Failure with its error.
void start_run(const ApiClient& client, const std::string& chain, const std::string& input, Watch watch, bool json);

/// Follows a run to its end, as `start_run` does.
void follow_run(const ApiClient& client, const std::string& id, Watch watch, bool json);

/// Asks a run to end; it is undone.
void cancel_run(const ApiClient& client, const std::string& id, bool json);

}  // namespace tenon::cli
