#pragma once

#include <tenon/json.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "message_field.h"

/// The messages of a node as commands, read from the description of its API (`/openapi.json`).
namespace tenon::cli {

struct MessageCommand {
  /// `l2-network`, `create`.
  std::vector<std::string> words;
  std::string message;
  std::string summary;
  std::string method;
  /// With `{…}` for the parameters in it.
  std::string path;
  /// The chain whose run answers; empty if the message's handler decides.
  std::string run;
  /// After which the node gives up; zero: never.
  std::chrono::milliseconds timeout{0};
  std::vector<MessageField> fields;

  /// Whether a run may answer: that of a chain, or one that the handler starts. One that only asks has none.
  [[nodiscard]] bool may_run() const { return !run.empty() || method != "GET"; }
  /// The words with blanks between them.
  [[nodiscard]] std::string name() const;
};

/// Those of all messages that have words for it, sorted by them; of two with the same words the first one.
[[nodiscard]] std::vector<MessageCommand> read_commands(const Json& openapi);

/// The command whose words these begin with, the longest of several; null if there is none.
[[nodiscard]] const MessageCommand* find_command(const std::vector<MessageCommand>& commands,
                                                 const std::vector<std::string>& words);

/// What is sent for a message.
struct MessageRequest {
  std::string method;
  std::string target;
  std::optional<Json> body;
};

/// `message`: its fields, as one object. Members that it does not have are sent as they are: the node knows best what
/// is wrong with them. Throws Failure (kUsage) with the options of the required fields that are missing.
[[nodiscard]] MessageRequest make_request(const MessageCommand& command, const Json& message);

/// Sets a member of an object, which may be there already.
void set_member(Json& object, const std::string& name, Json value);

}  // namespace tenon::cli
