#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "api/messages_api.h"
#include "api/query.h"
#include "api/reply.h"
#include "message/errors.h"
#include "wiring/message_binder.h"

namespace tenon::api {
namespace {

/// The schema of one member, or null.
const Json* member_schema(const Json& schema, std::string_view name) {
  const Json* properties = schema.find("properties");
  return properties != nullptr ? properties->find(name) : nullptr;
}

std::vector<std::string> members_of(const Json& schema) {
  std::vector<std::string> names;
  if (const Json* properties = schema.find("properties")) {
    for (const auto& [name, member] : *properties->as_object()) names.push_back(name);
  }
  return names;
}

std::string type_of(const Json& schema) {
  const Json* type = schema.find("type");
  return type != nullptr && type->as_string() != nullptr ? *type->as_string() : std::string();
}

template <class Number>
std::optional<Number> number(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

/// A text of the query or the path as a value of the schema's type.
Result<Json> value_of(const std::string& name, const std::string& text, const Json& schema) {
  const std::string type = type_of(schema);
  if (type == "string") return Json(text);
  if (type == "integer") {
    if (const auto whole = number<std::int64_t>(text)) return Json(*whole);
    if (const auto big = number<std::uint64_t>(text)) return Json(*big);
    return bad_parameter(name, "a whole number", text);
  }
  if (type == "number") {
    if (const auto real = number<double>(text)) return Json(*real);
    return bad_parameter(name, "a number", text);
  }
  if (type == "boolean") {
    if (text == "true" || text == "false") return Json(text == "true");
    return bad_parameter(name, "true or false", text);
  }
  return bad_parameter(name, "nothing: this field can't be given here", text);
}

Result<void> add_query(const HttpRequest& request, const Json& schema, Json& message) {
  Result<QueryParameters> query = read_query(request.target);
  if (!query) return std::move(query).error();
  for (const auto& [name, text] : *query) {
    const Json* member = member_schema(schema, name);
    if (member == nullptr) return unknown_parameter(name, members_of(schema));
    const bool list = type_of(*member) == "array";
    const Json* items = list ? member->find("items") : member;
    Result<Json> value = value_of(name, text, items != nullptr ? *items : *member);
    if (!value) return std::move(value).error();
    auto* given = const_cast<Json*>(std::as_const(message).find(name));
    if (given == nullptr) {
      message.add(name, list ? Json(Json::Array{*std::move(value)}) : *std::move(value));
    } else if (list) {
      given->push(*std::move(value));
    } else {
      return bad_parameter(name, "it once", text);
    }
  }
  return {};
}

Json interceptors_json(const message::HandledMessage& message) {
  constexpr std::array<const char*, 3> kSources{"extension", "service", "message"};
  Json list = Json::array();
  for (const message::InterceptorUse& use : message.interceptors) {
    list.push(Json::object()
                  .add("bean", use.bean)
                  .add("position", message::position_name(use.position))
                  .add("order", use.order)
                  .add("from", kSources.at(static_cast<std::size_t>(use.source)))
                  .add("place", use.place.to_string()));
  }
  return list;
}

Json run_json(const message::RunRule& rule) {
  Json inputs = Json::array();
  for (const message::RunInput& input : rule.inputs) {
    Json json = Json::object().add("key", input.key);
    if (!input.field.empty()) json.add("field", input.field);
    if (!input.as.empty()) json.add("as", input.as);
    inputs.push(std::move(json));
  }
  Json json = Json::object().add("chain", rule.chain->name).add("inputs", std::move(inputs));
  if (!rule.reply.empty()) json.add("reply", rule.reply);
  return json;
}

}  // namespace

Result<Json> read_message(const HttpRequest& request, const message::HandledMessage& handled,
                          const std::vector<std::string>& parameters) {
  const Json& schema = handled.schema;
  const bool in_query = request.method == "GET" || request.method == "DELETE";
  Json message = Json::object();
  if (!in_query && !request.body.empty()) {
    Result<Json> body = read_object(request.body);
    if (!body) return body;
    message = *std::move(body);
  }
  const auto names = wiring::route_parameters(handled.route->path);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& name = names->at(i);
    if (message.find(name) != nullptr) {
      return bad_parameter(name, "it in the path alone, and not in the body", parameters[i]);
    }
    Result<Json> value = value_of(name, parameters[i], *member_schema(schema, name));
    if (!value) return value;
    message.add(name, *std::move(value));
  }
  if (in_query) {
    if (!request.body.empty()) return detail::mismatch("$", "no body", Json(request.body));
    if (auto added = add_query(request, schema, message); !added) return std::move(added).error();
  } else if (Result<QueryParameters> query = read_query(request.target); !query || !query->empty()) {
    return query ? unknown_parameter(query->front().first, {}) : query.error();
  }
  return message;
}

Json message_json(const message::HandledMessage& message) {
  Json json = Json::object()
                  .add("name", message.name)
                  .add("description", message.description)
                  .add("service", message.service)
                  .add("plugin", message.plugin)
                  .add("command", message.command)
                  .add("role", message.role)
                  .add("timeout_ms", std::int64_t{message.timeout.count()});
  if (!message.entry->extends.empty()) json.add("extends", message.entry->extends);
  if (message.route) {
    json.add("route", Json::object().add("method", message.route->method).add("path", message.route->path));
  }
  if (message.run) json.add("run", run_json(*message.run));
  if (message.queue) {
    json.add("queue", Json::object()
                          .add("key", message.queue->key.text())
                          .add("parallelism", std::int64_t{message.queue->parallelism}));
  }
  return std::move(json)
      .add("interceptors", interceptors_json(message))
      .add("schema", message::schema_with(message.schema, message.fields))
      .add("reply", message.entry->reply_schema())
      .add("place", message.place.to_string());
}

}  // namespace tenon::api
