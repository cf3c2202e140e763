#include "wiring/message_names.h"

#include <algorithm>
#include <string_view>

#include "wiring/message_builder.h"

namespace tenon::wiring {
namespace {

/// The path with all parameters alike: two of one shape answer the same requests.
std::string shape_of(const std::string& method, std::string_view path) {
  std::string shape = method + " ";
  bool within = false;
  for (const char c : path) {
    if (c == '}') within = false;
    if (!within) shape.push_back(c);
    if (c == '{') within = true;
  }
  return shape;
}

/// Whether `text` is `beginning`, or goes on after it with the separator.
bool begins_with(std::string_view text, std::string_view beginning, char separator) {
  return text.starts_with(beginning) && (text.size() == beginning.size() || text[beginning.size()] == separator);
}

}  // namespace

void MessageNames::take(const descriptor::MessageDefinition& message) {
  take_route(*message.route);
  take_command(message);
}

void MessageNames::take_route(const descriptor::RouteDefinition& route) {
  const std::string text = route.method.text + " " + route.path.text;
  const auto own = std::find_if(reserved_.paths.begin(), reserved_.paths.end(),
                                [&](const std::string& path) { return begins_with(route.path.text, path, '/'); });
  if (own != reserved_.paths.end()) {
    diagnostics_.error(route.path.place, "route " + text + " is taken: " + *own + " is the node's own");
    return;
  }
  const auto [known, fresh] = routes_.try_emplace(shape_of(route.method.text, route.path.text), route.place);
  if (fresh) return;
  diagnostics_.error(route.place, "route " + text + " is taken (first at " + known->second.to_string() + ")");
}

void MessageNames::take_command(const descriptor::MessageDefinition& message) {
  const std::string command = message.command ? message.command->text : default_command(message.name.text);
  if (command.empty()) return;
  const descriptor::Place& place = message.command ? message.command->place : message.name.place;
  const std::string taken = "command '" + command + "' of message '" + message.name.text + "' is taken";
  const std::string remedy = message.command ? "" : "; <command> gives it another one";
  const auto own = std::find_if(reserved_.commands.begin(), reserved_.commands.end(), [&](const std::string& words) {
    return begins_with(command, words, ' ') || begins_with(words, command, ' ');
  });
  if (own != reserved_.commands.end()) {
    diagnostics_.error(place, taken + ": '" + *own + "' is built into the command line" + remedy);
    return;
  }
  const auto [known, fresh] = commands_.try_emplace(command, place);
  if (!fresh) diagnostics_.error(place, taken + " (first at " + known->second.to_string() + ")" + remedy);
}

}  // namespace tenon::wiring
