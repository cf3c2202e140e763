#include "message_commands.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <sstream>
#include <utility>

#include "api/json_text.h"
#include "api_client.h"
#include "failure.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

MessageField parameter(const Json& json) {
  MessageField field;
  field.parameter = text_of(json, "name");
  field.name = text_of(json, "x-tenon-field");
  if (field.name.empty()) field.name = field.parameter;
  field.option = option_of(field.name);
  field.description = text_of(json, "description");
  field.in = text_of(json, "in") == "path" ? MessageField::In::kPath : MessageField::In::kQuery;
  field.required = flag_of(json, "required");
  if (const Json* schema = json.find("schema")) field.schema = *schema;
  return field;
}

void add_body(const Json& operation, std::vector<MessageField>& fields) {
  const Json* at = &operation;
  for (const char* member : {"requestBody", "content", "application/json", "schema"}) {
    at = at->find(member);
    if (at == nullptr) return;
  }
  const Json* properties = at->find("properties");
  if (properties == nullptr || properties->as_object() == nullptr) return;
  const Json::Array& required = list_of(*at, "required");
  for (const auto& [name, schema] : *properties->as_object()) {
    MessageField field;
    field.name = field.parameter = name;
    field.option = option_of(name);
    field.description = text_of(schema, "description");
    field.required = std::find(required.begin(), required.end(), Json(name)) != required.end();
    field.schema = schema;
    fields.push_back(std::move(field));
  }
}

MessageCommand read_command(const std::string& path, const std::string& method, const Json& operation) {
  MessageCommand command;
  command.words = split(text_of(operation, "x-tenon-command"));
  command.message = text_of(operation, "operationId");
  command.summary = text_of(operation, "summary");
  command.method = upper(method);
  command.path = path;
  command.run = text_of(operation, "x-tenon-run");
  command.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(number_of(operation, "x-tenon-timeout-ms")));
  for (const Json& json : list_of(operation, "parameters")) command.fields.push_back(parameter(json));
  add_body(operation, command.fields);
  return command;
}

bool is_there(const Json& message, const std::string& name) {
  const Json* value = message.find(name);
  return value != nullptr && !value->is_null();
}

/// A value as it stands in a path or a query.
std::string plain_text(const Json& value) {
  return segment(value.as_string() != nullptr ? *value.as_string() : api::print_json(value));
}

std::string path_of(const MessageCommand& command, const Json& message) {
  std::string path = command.path;
  for (const MessageField& field : command.fields) {
    if (field.in != MessageField::In::kPath) continue;
    const std::string place = "{" + field.parameter + "}";
    const std::size_t at = path.find(place);
    if (at != std::string::npos) path.replace(at, place.size(), plain_text(*message.find(field.name)));
  }
  return path;
}

}  // namespace

std::string MessageCommand::name() const {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::vector<MessageCommand> read_commands(const Json& openapi) {
  std::vector<MessageCommand> commands;
  const Json* paths = openapi.find("paths");
  if (paths == nullptr || paths->as_object() == nullptr) return commands;
  for (const auto& [path, item] : *paths->as_object()) {
    if (item.as_object() == nullptr) continue;
    for (const auto& [method, operation] : *item.as_object()) {
      MessageCommand command = read_command(path, method, operation);
      if (!command.words.empty()) commands.push_back(std::move(command));
    }
  }
  std::stable_sort(commands.begin(), commands.end(),
                   [](const MessageCommand& a, const MessageCommand& b) { return a.words < b.words; });
  const auto same = [](const MessageCommand& a, const MessageCommand& b) { return a.words == b.words; };
  commands.erase(std::unique(commands.begin(), commands.end(), same), commands.end());
  return commands;
}

const MessageCommand* find_command(const std::vector<MessageCommand>& commands, const std::vector<std::string>& words) {
  const MessageCommand* found = nullptr;
  for (const MessageCommand& command : commands) {
    const bool fits =
        command.words.size() <= words.size() && std::equal(command.words.begin(), command.words.end(), words.begin());
    if (fits && (found == nullptr || found->words.size() < command.words.size())) found = &command;
  }
  return found;
}

MessageRequest make_request(const MessageCommand& command, const Json& message) {
  std::string missing;
  const auto find_field = [&](const std::string& name) {
    return std::find_if(command.fields.begin(), command.fields.end(),
                        [&](const MessageField& field) { return field.name == name; });
  };
  for (const MessageField& field : command.fields) {
    if (field.required && !is_there(message, field.name)) {
      missing.append(missing.empty() ? "" : ", ").append(field.option);
    }
  }
  if (!missing.empty()) throw Failure(ExitStatus::kUsage, "'" + command.name() + "' needs " + missing);

  MessageRequest request{command.method, path_of(command, message), std::nullopt};
  const bool in_query = command.method == "GET" || command.method == "DELETE";
  if (!in_query) request.body = Json::object();
  for (const auto& [name, value] : *message.as_object()) {
    const auto field = find_field(name);
    if (field != command.fields.end() && field->in == MessageField::In::kPath) continue;
    if (!in_query) {
      request.body->add(name, value);
      continue;
    }
    if (value.is_null()) continue;
    const Json::Array one{value};
    for (const Json& element : value.as_array() != nullptr ? *value.as_array() : one) {
      const char* before = request.target.find('?') == std::string::npos ? "?" : "&";
      request.target.append(before).append(segment(name)).append("=").append(plain_text(element));
    }
  }
  return request;
}

void set_member(Json& object, const std::string& name, Json value) {
  for (auto& [key, member] : *object.as_object()) {
    if (key == name) {
      member = std::move(value);
      return;
    }
  }
  object.add(name, std::move(value));
}

}  // namespace tenon::cli
