#include "api/openapi.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "wiring/message_binder.h"

namespace tenon::api {
namespace {

/// What stands in the paths of the node's own routes.
struct OwnParameter {
  std::string_view place;
  std::string_view what;
};
constexpr std::array<OwnParameter, 11> kOwnParameters{{
    {"/plugins/{name}", "The plugin"},
    {"/chains/{name}", "The chain"},
    {"/messages/{name}", "The message"},
    {"/config/{category}", "The category of the config"},
    {"/config/{category}/{name}", "The config"},
    {"/properties/{name}", "The property"},
    {"/errors/{code}", "The error code"},
    {"/debts/{key}", "The debt: RUN:STEP"},
    {"/runs/{id}", "The run"},
    {"/{verb}", "cancel, pause, resume, retry, skip-step or mark-done"},
}};

/// A parameter of the query of a route of the node's own.
struct OwnQuery {
  std::string_view method;
  std::string_view pattern;
  std::string_view name;
  std::string_view what;
};
constexpr std::array<OwnQuery, 30> kOwnQueries{{
    {"GET", "/v1/runs", "state", "With commas between: running, undoing, paused, parked, succeeded, failed"},
    {"GET", "/v1/runs", "chain", "The name of the chain"},
    {"GET", "/v1/runs", "resource", "A key that the run has locked; a * at the end stands for any rest"},
    {"GET", "/v1/runs", "error", "The code of the run's error"},
    {"GET", "/v1/runs", "since", "Begun at that time or later: 2026-05-01T12:30:00Z, or 90m: that long ago"},
    {"GET", "/v1/runs", "until", "Begun before that time"},
    {"GET", "/v1/runs", "limit", "How many at most"},
    {"GET", "/v1/runs", "before", "Only those begun before the run with this id"},
    {"GET", "/v1/debts", "state", "With commas between: open, awaited, taken, paid, settled"},
    {"GET", "/v1/debts", "run", "The run that owes it"},
    {"GET", "/v1/debts", "plugin", "The plugin whose undo failed"},
    {"GET", "/v1/debts", "chain", "The chain of the run that owes it"},
    {"GET", "/v1/debts", "limit", "How many at most"},
    {"GET", "/v1/debts", "after", "Only those after the debt with this key"},
    {"GET", "/v1/events", "path", "A pattern of paths; * is one segment, ** any number of them"},
    {"GET", "/v1/events", "after", "Only those after the event with this id"},
    {"GET", "/v1/events", "limit", "How many at most"},
    {"GET", "/v1/config", "category", "Only those of this category"},
    {"GET", "/v1/config/{category}/{name}", "kind", "The kind of the resource whose value is meant"},
    {"GET", "/v1/config/{category}/{name}", "id", "The resource whose value is meant"},
    {"GET", "/v1/config/{category}/{name}/explain", "kind", "The kind of the resource whose value is meant"},
    {"GET", "/v1/config/{category}/{name}/explain", "id", "The resource whose value is meant"},
    {"DELETE", "/v1/config/{category}/{name}", "kind", "The kind of the resource whose value is meant"},
    {"DELETE", "/v1/config/{category}/{name}", "id", "The resource whose value is meant"},
    {"GET", "/v1/tags", "kind", "The kind of the resource"},
    {"GET", "/v1/tags", "id", "The resource"},
    {"GET", "/v1/tags", "pattern", "The pattern, as it is declared"},
    {"DELETE", "/v1/tags", "kind", "The kind of the resource"},
    {"DELETE", "/v1/tags", "id", "The resource"},
    {"DELETE", "/v1/tags", "tag", "The tag"},
}};

/// The path up to and with a parameter ends with the place that is said of it.
std::string_view parameter_text(std::string_view path, std::string_view name) {
  const std::string braced = "{" + std::string(name) + "}";
  const std::string_view up_to = path.substr(0, path.find(braced) + braced.size());
  for (const OwnParameter& parameter : kOwnParameters) {
    if (up_to.ends_with(parameter.place)) return parameter.what;
  }
  return {};
}

/// `getChainsNameDrillsLatest`.
std::string operation_id(const Router::Description& route) {
  std::string id = route.method;
  std::transform(id.begin(), id.end(), id.begin(), [](unsigned char c) { return std::tolower(c); });
  bool begins = true;
  for (const char letter : std::string_view(route.pattern).substr(route.pattern.starts_with("/v1/") ? 4 : 1)) {
    const auto c = static_cast<unsigned char>(letter);
    if (std::isalnum(c) != 0) id.push_back(static_cast<char>(begins ? std::toupper(c) : c));
    begins = std::isalnum(c) == 0;
  }
  return id;
}

Json content(std::string_view type, Json schema) {
  return Json::object().add(type, Json::object().add("schema", std::move(schema)));
}

Json problem_reference() { return Json::object().add("$ref", "#/components/responses/Problem"); }

Json own_operation(const Router::Description& route) {
  Json operation = Json::object().add("operationId", operation_id(route)).add("summary", route.summary);
  Json parameters = Json::array();
  for (const std::string& name : wiring::route_parameters(route.pattern).value_or(std::vector<std::string>())) {
    parameters.push(Json::object()
                        .add("name", name)
                        .add("in", "path")
                        .add("required", true)
                        .add("description", parameter_text(route.pattern, name))
                        .add("schema", Json::object().add("type", "string")));
  }
  for (const OwnQuery& query : kOwnQueries) {
    if (query.method != route.method || query.pattern != route.pattern) continue;
    parameters.push(Json::object()
                        .add("name", query.name)
                        .add("in", "query")
                        .add("description", query.what)
                        .add("schema", Json::object().add("type", "string")));
  }
  if (!parameters.as_array()->empty()) operation.add("parameters", std::move(parameters));
  if (route.method == "POST") {
    operation.add("requestBody",
                  Json::object().add("content", content("application/json", Json::object().add("type", "object"))));
  }
  const bool events = route.pattern.ends_with("/events");
  Json answer = Json::object()
                    .add("description", events ? "Events, until the end" : "The answer")
                    .add("content", events ? content("text/event-stream", Json::object().add("type", "string"))
                                           : content("application/json", Json::object()));
  // What starts something is answered with 202, or with 200 if all is done.
  return std::move(operation).add(
      "responses",
      Json::object().add(route.method == "GET" ? "200" : "2XX", std::move(answer)).add("default", problem_reference()));
}

Json text_member(const char* description) {
  return Json::object().add("type", "string").add("description", description);
}

Json components() {
  const Json error_reference = Json::object().add("$ref", "#/components/schemas/Error");
  const auto errors = [&] { return Json::object().add("type", "array").add("items", error_reference); };
  Json error = Json::object()
                   .add("type", "object")
                   .add("description", "What went wrong, and what led to it")
                   .add("properties",
                        Json::object()
                            .add("code", text_member("Names it for good: FLOW.1012"))
                            .add("description", text_member("What the code means"))
                            .add("details", text_member("What is special to this one"))
                            .add("elaboration", Json::object()
                                                    .add("type", "object")
                                                    .add("additionalProperties", Json::object().add("type", "string")))
                            .add("causes", errors()))
                   .add("required", Json(Json::Array{"code"}));
  Json problem =
      Json::object()
          .add("type", "object")
          .add("description", "A problem (RFC 9457)")
          .add("properties", Json::object()
                                 .add("type", text_member("about:blank"))
                                 .add("title", text_member("The status in words"))
                                 .add("status", Json::object().add("type", "integer"))
                                 .add("detail", text_member("What went wrong; of a field, with its JSON path"))
                                 .add("code", text_member("The error code, which GET /v1/errors/{code} explains"))
                                 .add("remedy", text_member("What can be done about it"))
                                 .add("errors", errors()))
          .add("required", Json(Json::Array{"type", "title", "status", "detail"}));
  Json response = Json::object()
                      .add("description", "It was refused, or failed")
                      .add("content", content("application/problem+json",
                                              Json::object().add("$ref", "#/components/schemas/Problem")));
  return Json::object()
      .add("schemas", Json::object().add("Error", std::move(error)).add("Problem", std::move(problem)))
      .add("responses", Json::object().add("Problem", std::move(response)));
}

/// The paths of the document: those that differ in the names of parameters alone are one.
class Paths {
 public:
  /// What the document calls the parameters of this path, in order.
  std::vector<std::string> parameters(const std::string& pattern) {
    return wiring::route_parameters(item(pattern).first).value_or(std::vector<std::string>());
  }
  [[nodiscard]] bool has(const std::string& method, const std::string& pattern) {
    return item(pattern).second.find(lower(method)) != nullptr;
  }
  void add(const std::string& method, const std::string& pattern, Json operation) {
    item(pattern).second.add(lower(method), std::move(operation));
  }
  [[nodiscard]] Json json() && { return std::move(items_); }

 private:
  static std::string lower(std::string method) {
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return method;
  }
  static std::string shape(std::string_view pattern) {
    std::string text;
    bool named = false;
    for (const char c : pattern) {
      if (c == '}') named = false;
      if (!named) text.push_back(c);
      if (c == '{') named = true;
    }
    return text;
  }
  std::pair<std::string, Json>& item(const std::string& pattern) {
    const std::string wanted = shape(pattern);
    for (auto& known : items_) {
      if (shape(known.first) == wanted) return known;
    }
    return items_.emplace_back(pattern, Json::object());
  }

  Json::Object items_;
};

}  // namespace

Json openapi_json(const std::string& version, const std::vector<Router::Description>& own,
                  const message::MessageTable& messages) {
  Paths paths;
  for (const Router::Description& route : own) paths.add(route.method, route.pattern, own_operation(route));
  for (const message::HandledMessage& message : messages.messages()) {
    // One at the address of a route that the node has itself is never reached.
    if (!message.route || paths.has(message.route->method, message.route->path)) continue;
    paths.add(message.route->method, message.route->path,
              message_operation(message, paths.parameters(message.route->path)));
  }
  return Json::object()
      .add("openapi", "3.1.0")
      .add("info", Json::object()
                       .add("title", "Tenon node")
                       .add("version", version)
                       .add("description", "The plugins of this node, their messages, and the runs of its chains"))
      .add("paths", std::move(paths).json())
      .add("components", components());
}

}  // namespace tenon::api
