#include "inspect_messages.h"

#include <algorithm>
#include <iostream>

#include "api/json_text.h"
#include "format.h"
#include "json_access.h"
#include "message_field.h"

namespace tenon::cli {
namespace {

/// `POST /v1/walls`, or nothing.
std::string route_text(const Json& message) {
  const Json* route = message.find("route");
  return route != nullptr ? text_of(*route, "method") + " " + text_of(*route, "path") : std::string();
}

/// `text = field text, wall = the message`: what the run is given.
std::string inputs_text(const Json& run) {
  std::string text;
  for (const Json& input : list_of(run, "inputs")) {
    const std::string field = text_of(input, "field");
    const std::string as = text_of(input, "as");
    text.append(text.empty() ? "" : ", ").append(text_of(input, "key")).append(" = ");
    text += !field.empty() ? "field " + field : !as.empty() ? "the message as " + as : "the message";
  }
  return text;
}

std::string queue_text(const Json& message) {
  const Json* queue = message.find("queue");
  if (queue == nullptr) return {};
  return text_of(*queue, "key") + ", " + count_of(*queue, "parallelism") + " at a time";
}

void add_fields(const Json& schema, const std::string& prefix, Table& table) {
  const Json* properties = schema.find("properties");
  if (properties == nullptr || properties->as_object() == nullptr) return;
  const Json::Array& required = list_of(schema, "required");
  for (const auto& [name, field] : *properties->as_object()) {
    const bool needed = std::find(required.begin(), required.end(), Json(name)) != required.end();
    const std::string type = is_flag(field) ? "true|false" : type_text(field);
    table.add({prefix + name, type, needed ? "yes" : "no", rules_text(field), text_of(field, "description")});
    const Json* items = is_list(field) ? field.find("items") : nullptr;
    add_fields(items != nullptr ? *items : field, prefix + name + (items != nullptr ? "[]." : "."), table);
  }
}

std::string fields_text(const Json& schema, const char* heading, const Terminal& terminal) {
  const Json* properties = schema.find("properties");
  if (properties == nullptr || properties->as_object() == nullptr || properties->as_object()->empty()) return {};
  Table table({"FIELD", "TYPE", "REQUIRED", "RULES", "DESCRIPTION"});
  add_fields(schema, "", table);
  return heading_text(heading, terminal) + table.render(terminal);
}

std::string interceptors_text(const Json& message, const Terminal& terminal) {
  const Json::Array& list = list_of(message, "interceptors");
  if (list.empty()) return {};
  Table table({"#", "BEAN", "POSITION", "ORDER", "FROM", "PLACE"});
  int number = 0;
  for (const Json& one : list) {
    table.add({std::to_string(++number), text_of(one, "bean"), text_of(one, "position"), count_of(one, "order"),
               text_of(one, "from"), text_of(one, "place")});
  }
  return heading_text("Interceptors, in the order in which they are asked", terminal) + table.render(terminal);
}

}  // namespace

void list_messages(const ApiClient& client, bool json) {
  print_list(client.get("/v1/messages"), json, {"NAME", "COMMAND", "ROUTE", "SERVICE", "ROLE"},
             [](const Json& item) -> std::vector<std::string> {
               const std::string route = route_text(item);
               // The command line reaches a message by its route.
               return {text_of(item, "name"), route.empty() ? "" : text_of(item, "command"), route,
                       text_of(item, "service"), text_of(item, "role")};
             });
}

std::string message_text(const Json& message, const Terminal& terminal) {
  const Json* run = message.find("run");
  const double timeout = number_of(message, "timeout_ms");
  std::string text =
      facts_text({{"message", text_of(message, "name")},
                  {"description", text_of(message, "description")},
                  {"extends", text_of(message, "extends")},
                  {"command", route_text(message).empty() ? "" : text_of(message, "command")},
                  {"route", route_text(message)},
                  {"role", text_of(message, "role")},
                  {"plugin", text_of(message, "plugin")},
                  {"service", text_of(message, "service")},
                  {"answered by", run != nullptr ? "a run of chain " + text_of(*run, "chain") : "its service"},
                  {"inputs", run != nullptr ? inputs_text(*run) : ""},
                  {"reply", run != nullptr ? text_of(*run, "reply") : ""},
                  {"queue", queue_text(message)},
                  {"timeout", timeout > 0 ? duration_text(timeout) : ""},
                  {"place", text_of(message, "place")}},
                 terminal);
  if (const Json* schema = message.find("schema")) text += fields_text(*schema, "Fields", terminal);
  if (const Json* reply = message.find("reply")) text += fields_text(*reply, "Reply", terminal);
  return text + interceptors_text(message, terminal);
}

void show_message(const ApiClient& client, const std::string& name, bool json) {
  const Json message = client.get("/v1/messages/" + segment(name));
  if (json) return print_answer(message);
  std::cout << message_text(message, Terminal::of_stdout());
}

std::vector<std::string> call_row(const Json& call) {
  return {text_of(call, "message"),   text_of(call, "handler"),
          text_of(call, "caller"),    duration_text(number_of(call, "age_ms")),
          text_of(call, "waits_for"), joined(list_of(call, "behind"))};
}

void list_calls(const ApiClient& client, bool json) {
  print_list(client.get("/v1/calls"), json, {"MESSAGE", "HANDLER", "CALLER", "AGE", "WAITS FOR", "BEHIND"}, call_row);
}

void list_errors(const ApiClient& client, bool json) {
  print_list(
      client.get("/v1/errors"), json, {"CODE", "STATUS", "DESCRIPTION", "REMEDY"},
      [](const Json& item) -> std::vector<std::string> {
        return {text_of(item, "code"), count_of(item, "status"), text_of(item, "description"), text_of(item, "remedy")};
      });
}

void show_error(const ApiClient& client, const std::string& code, bool json) {
  const Json error = client.get("/v1/errors/" + segment(code));
  if (json) return print_answer(error);
  std::cout << facts_text({{"error", text_of(error, "code")},
                           {"description", text_of(error, "description")},
                           {"remedy", text_of(error, "remedy")},
                           {"HTTP status", count_of(error, "status")},
                           {"place", text_of(error, "place")}},
                          Terminal::of_stdout());
}

}  // namespace tenon::cli
