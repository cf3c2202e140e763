#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "api/openapi.h"
#include "message/field_rules.h"
#include "wiring/message_binder.h"

namespace tenon::api {
namespace {

Json content(std::string_view type, Json schema) {
  return Json::object().add(type, Json::object().add("schema", std::move(schema)));
}

std::string type_of(const Json& schema) {
  const Json* type = schema.find("type");
  return type != nullptr && type->as_string() != nullptr ? *type->as_string() : std::string();
}

/// Whether a query can hold it: one value, or several of the same name.
bool fits_query(const Json& schema) {
  const auto is_value = [](const Json& one) {
    const std::string type = type_of(one);
    return type == "string" || type == "integer" || type == "number" || type == "boolean";
  };
  if (type_of(schema) != "array") return is_value(schema);
  const Json* items = schema.find("items");
  return items != nullptr && is_value(*items);
}

/// The schema's description, if it has one, stands with the parameter instead.
Json parameter(const std::string& name, const char* in, bool required, const Json& schema) {
  Json json = Json::object().add("name", name).add("in", in).add("required", required);
  Json rest = Json::object();
  for (const auto& [key, value] : *schema.as_object()) {
    (key == "description" ? json : rest).add(key, value);
  }
  return std::move(json).add("schema", std::move(rest));
}

/// The fields of a message, as its operation has them.
class Fields {
 public:
  explicit Fields(const message::HandledMessage& message)
      : schema_(message::schema_with(message.schema, message.fields)),
        in_path_(wiring::route_parameters(message.route->path).value_or(std::vector<std::string>())),
        in_query_(message.route->method == "GET" || message.route->method == "DELETE") {}

  [[nodiscard]] Json parameters(const std::vector<std::string>& names) const {
    Json list = Json::array();
    for (std::size_t i = 0; i < in_path_.size(); ++i) {
      Json one = parameter(names.at(i), "path", true, *properties().find(in_path_[i]));
      if (names[i] != in_path_[i]) one.add("x-tenon-field", in_path_[i]);
      list.push(std::move(one));
    }
    if (!in_query_) return list;
    for (const auto& [name, schema] : *properties().as_object()) {
      if (!is_in_path(name) && fits_query(schema)) list.push(parameter(name, "query", is_required(name), schema));
    }
    return list;
  }

  /// The schema of the body; null if there is nothing to stand in one.
  [[nodiscard]] Json body() const {
    if (in_query_) return {};
    Json members = Json::object();
    Json required = Json::array();
    for (const auto& [name, schema] : *properties().as_object()) {
      if (is_in_path(name)) continue;
      members.add(name, schema);
      if (is_required(name)) required.push(name);
    }
    if (members.as_object()->empty()) return {};
    Json body = Json::object().add("type", "object").add("properties", std::move(members));
    if (!required.as_array()->empty()) body.add("required", std::move(required));
    return std::move(body).add("additionalProperties", false);
  }

 private:
  [[nodiscard]] const Json& properties() const { return *schema_.find("properties"); }
  [[nodiscard]] bool is_in_path(const std::string& name) const {
    return std::find(in_path_.begin(), in_path_.end(), name) != in_path_.end();
  }
  [[nodiscard]] bool is_required(const std::string& name) const {
    const Json* names = schema_.find("required");
    if (names == nullptr) return false;
    return std::find(names->as_array()->begin(), names->as_array()->end(), Json(name)) != names->as_array()->end();
  }

  const Json schema_;
  const std::vector<std::string> in_path_;
  const bool in_query_;
};

/// The run that answers, with the reply among its data if it is known where.
Json run_answer(const message::HandledMessage& message) {
  const Json text = Json::object().add("type", "string");
  Json members = Json::object().add("id", text).add("chain", text).add("state", text);
  if (message.run && !message.run->reply.empty()) {
    members.add("data", Json::object()
                            .add("type", "object")
                            .add("properties", Json::object().add(message.run->reply, message.entry->reply_schema())));
  }
  Json location = Json::object().add("description", "The run's address").add("schema", text);
  return Json::object()
      .add("description", "A run answers it")
      .add("headers", Json::object().add("Location", std::move(location)))
      .add("content",
           content("application/json", Json::object().add("type", "object").add("properties", std::move(members))));
}

Json answer(const message::HandledMessage& message) {
  if (message.entry->reply_type_id == kTypeId<NoReply>) return Json::object().add("description", "It is done");
  return Json::object()
      .add("description", "The reply")
      .add("content", content("application/json", message.entry->reply_schema()));
}

Json responses(const message::HandledMessage& message) {
  Json json = Json::object();
  const std::string status = std::to_string(message.route->status);
  if (!message.run) json.add(status, answer(message));
  // Whoever handles a message may leave the answer to a run, too; one that only asks has no use for that.
  if (status != "202" && (message.run || message.route->method != "GET")) json.add("202", run_answer(message));
  return std::move(json).add("default", Json::object().add("$ref", "#/components/responses/Problem"));
}

}  // namespace

Json message_operation(const message::HandledMessage& message, const std::vector<std::string>& parameters) {
  const Fields fields(message);
  Json operation = Json::object().add("operationId", message.name);
  if (!message.description.empty()) operation.add("summary", message.description);
  if (Json list = fields.parameters(parameters); !list.as_array()->empty()) {
    operation.add("parameters", std::move(list));
  }
  if (Json body = fields.body(); !body.is_null()) {
    const bool required = body.find("required") != nullptr;
    operation.add(
        "requestBody",
        Json::object().add("required", required).add("content", content("application/json", std::move(body))));
  }
  operation.add("responses", responses(message));
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) operation.add(name, text);
  };
  add("x-tenon-command", message.command);
  add("x-tenon-role", message.role);
  add("x-tenon-service", message.service);
  add("x-tenon-plugin", message.plugin);
  if (message.run) operation.add("x-tenon-run", message.run->chain->name);
  if (message.timeout.count() > 0) operation.add("x-tenon-timeout-ms", std::int64_t{message.timeout.count()});
  return operation;
}

}  // namespace tenon::api
