#include "wiring/message_binder.h"

#include <tenon/interceptor.h>

#include <algorithm>
#include <utility>

#include "flow/key_template.h"
#include "message/field_rules.h"
#include "wiring/names.h"

namespace tenon::wiring {
namespace {

using descriptor::FieldDefinition;
using descriptor::ServiceDefinition;
using descriptor::Text;

std::vector<std::string> members_of(const Json& schema) {
  std::vector<std::string> names;
  const Json* properties = schema.find("properties");
  if (properties == nullptr) return names;
  for (const auto& [name, member] : *properties->as_object()) names.push_back(name);
  return names;
}

std::string type_of(const Json& schema) {
  const Json* type = schema.find("type");
  return type != nullptr && type->as_string() != nullptr ? *type->as_string() : std::string();
}

const HandlerEntry* find_handler(const ClassEntry& entry, std::string_view message) {
  const auto found = std::find_if(entry.handlers.begin(), entry.handlers.end(),
                                  [&](const HandlerEntry& handler) { return handler.message == message; });
  return found != entry.handlers.end() ? &*found : nullptr;
}

}  // namespace

std::optional<std::vector<std::string>> route_parameters(std::string_view path) {
  std::vector<std::string> names;
  if (!path.starts_with('/')) return std::nullopt;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    const bool parameter = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    const std::string_view name = parameter ? segment.substr(1, segment.size() - 2) : segment;
    if (name.empty() || name.find_first_of("{}?#% \t") != std::string_view::npos) return std::nullopt;
    if (parameter) names.emplace_back(name);
    path.remove_prefix(end);
  }
  return names;
}

MessageBinder::MessageBinder(const Definitions& definitions, const Libraries& libraries, Plan& plan,
                             const Reserved& reserved, descriptor::Diagnostics& diagnostics, FindBean find_bean)
    : definitions_(definitions),
      libraries_(libraries),
      plan_(plan),
      diagnostics_(diagnostics),
      find_bean_(std::move(find_bean)),
      names_(reserved, diagnostics) {}

void MessageBinder::add_messages() {
  for (const ServiceDefinition* service : definitions_.services) {
    for (const Message& message : service->messages) add(*service, message);
  }
}

void MessageBinder::add(const ServiceDefinition& service, const Message& message) {
  if (message.name.text.empty()) return;  // reported by the reader
  const auto [known, fresh] = messages_.try_emplace(message.name.text, message.place);
  if (!fresh) {
    diagnostics_.error(message.name.place, "message '" + message.name.text + "' is defined twice (first at " +
                                               known->second.to_string() + ")");
    return;
  }
  MessagePlan plan{&message, &service, libraries_.find_message(message.name.text), nullptr, 0, {}};
  if (!plan.use) {
    if (libraries_.incomplete()) return;
    diagnostics_.error(message.name.place, "message '" + message.name.text + "' is unknown: no plugin declares it" +
                                               descriptor::suggestion(message.name.text, libraries_.message_names()));
    return;
  }
  bool good = message.run || bind_handler(message.service.value_or(service.id), plan);
  for (const bool of_service : {true, false}) {
    for (const auto& definition : of_service ? service.interceptors : message.interceptors) {
      auto use = interceptor(definition);
      good = good && use.has_value();
      if (!use) continue;
      use->of_service = of_service;
      plan.interceptors.push_back(*use);
    }
  }
  check_run(plan);
  check_fields(plan);
  check_queue(plan);
  check_route(plan);
  if (good) plan_.messages.push_back(std::move(plan));
}

std::optional<std::size_t> MessageBinder::bean(const Text& id, std::string_view what) {
  if (id.text.empty()) return std::nullopt;
  if (const std::size_t* found = find_bean_(id.text)) return *found;
  if (definitions_.find_bean(id.text) != nullptr) return std::nullopt;  // it has no class, which was reported
  std::vector<std::string> names;
  for (const auto& [name, index] : definitions_.bean_index) names.push_back(name);
  diagnostics_.error(id.place, std::string(what) + " '" + id.text + "' is not defined: there is no such bean" +
                                   descriptor::suggestion(id.text, names));
  return std::nullopt;
}

bool MessageBinder::bind_handler(const Text& service, MessagePlan& plan) {
  const std::optional<std::size_t> index = bean(service, "service");
  if (!index) return false;
  const ClassEntry& entry = *plan_.beans[*index].use.entry;
  plan.bean = *index;
  for (MessageUse use = plan.use; use; use = libraries_.find_message(use.entry->extends)) {
    plan.handler = find_handler(entry, use.entry->name);
    if (plan.handler != nullptr || use.entry->extends.empty()) break;
  }
  if (plan.handler == nullptr) plan.handler = find_handler(entry, {});
  if (plan.handler != nullptr) return true;
  std::vector<std::string> names;
  for (const HandlerEntry& handler : entry.handlers) names.push_back(handler.message);
  diagnostics_.error(plan.definition->name.place, "class '" + entry.name + "' of bean '" + plan_.beans[*index].id +
                                                      "' does not handle message '" + plan.definition->name.text +
                                                      "' (it handles: " + list_of(names) + ")");
  return false;
}

std::optional<InterceptorPlan> MessageBinder::interceptor(const descriptor::InterceptorDefinition& definition) {
  const std::optional<std::size_t> index = bean(definition.bean, "interceptor");
  if (!index) return std::nullopt;
  const ClassEntry& entry = *plan_.beans[*index].use.entry;
  for (const InterfaceEntry& interface : entry.interfaces) {
    if (interface.id == MessageInterceptor::kInterface) return InterceptorPlan{*index, &interface, &definition, false};
  }
  diagnostics_.error(definition.bean.place, "class '" + entry.name + "' of bean '" + plan_.beans[*index].id +
                                                "' is no interceptor: it does not implement " +
                                                std::string(MessageInterceptor::kInterface));
  return std::nullopt;
}

void MessageBinder::require_member(const Text& name, std::string_view member, const MessagePlan& plan) {
  const std::vector<std::string> members = members_of(plan.use.entry->schema());
  if (std::find(members.begin(), members.end(), member) != members.end()) return;
  diagnostics_.error(name.place, "message '" + plan.definition->name.text + "' has no field '" + std::string(member) +
                                     "'" + descriptor::suggestion(member, members));
}

void MessageBinder::check_run(const MessagePlan& plan) {
  if (!plan.definition->run) return;
  const descriptor::RunDefinition& run = *plan.definition->run;
  const auto chain = std::find_if(plan_.chains.begin(), plan_.chains.end(),
                                  [&](const ChainPlan& known) { return known.chain->name == run.chain.text; });
  if (chain == plan_.chains.end()) {
    std::vector<std::string> names;
    for (const auto* known : definitions_.chains) names.push_back(known->name.text);
    if (run.chain.text.empty() || std::find(names.begin(), names.end(), run.chain.text) != names.end()) return;
    diagnostics_.error(run.chain.place,
                       "chain '" + run.chain.text + "' is not defined" + descriptor::suggestion(run.chain.text, names));
    return;
  }
  std::vector<std::string> keys;
  for (const flow::ChainInput& input : chain->chain->inputs) keys.push_back(input.key);
  std::vector<std::string> given;
  for (const auto& input : run.inputs) {
    given.push_back(input.key.text);
    if (std::find(keys.begin(), keys.end(), input.key.text) == keys.end()) {
      diagnostics_.error(input.key.place, "chain '" + run.chain.text + "' has no input '" + input.key.text + "'" +
                                              descriptor::suggestion(input.key.text, keys));
    }
    if (input.field) require_member(*input.field, input.field->text, plan);
    if (!input.as) continue;
    MessageUse part = plan.use;
    while (part && part.entry->name != input.as->text) part = libraries_.find_message(part.entry->extends);
    if (!part) {
      diagnostics_.error(input.as->place,
                         "message '" + plan.definition->name.text + "' does not extend '" + input.as->text + "'");
    }
  }
  for (const std::string& key : keys) {
    if (std::find(given.begin(), given.end(), key) != given.end()) continue;
    diagnostics_.error(run.place, "chain '" + run.chain.text + "' needs the input '" + key + "'");
  }
}

void MessageBinder::check_fields(const MessagePlan& plan) {
  if (plan.definition->fields.empty()) return;
  Json schema = plan.use.entry->schema();
  for (const FieldDefinition& field : plan.definition->fields) {
    if (field.name.text.empty()) continue;
    if (const Json* member = message::schema_at(schema, field.name.text)) {
      check_field(field, *member);
    } else {
      diagnostics_.error(field.name.place, "message '" + plan.definition->name.text + "' has no field '" +
                                               field.name.text + "'" +
                                               descriptor::suggestion(field.name.text, members_of(schema)));
    }
  }
}

void MessageBinder::check_field(const FieldDefinition& field, const Json& schema) {
  const std::string type = type_of(schema);
  const auto refuse = [&](std::string_view attribute, std::string_view only) {
    diagnostics_.error(field.place, "attribute '" + std::string(attribute) + "' of field '" + field.name.text +
                                        "': only for " + std::string(only) + ", and this is of type " +
                                        (type.empty() ? "any" : type));
  };
  const bool is_number = type == "integer" || type == "number";
  if ((field.min || field.max) && !is_number) refuse(field.min ? "min" : "max", "numbers");
  if ((field.min_length || field.max_length) && type != "string" && type != "array") {
    refuse(field.min_length ? "min-length" : "max-length", "texts and lists");
  }
  if (!field.one_of.empty() && type != "string") refuse("one-of", "texts");
  if (!field.pattern) return;
  if (type != "string") refuse("pattern", "texts");
  if (const auto flaw = message::invalid_pattern(field.pattern->text)) {
    diagnostics_.error(field.pattern->place,
                       "attribute 'pattern' of field '" + field.name.text + "' is no regular expression: " + *flaw);
  }
}

void MessageBinder::check_queue(const MessagePlan& plan) {
  if (!plan.definition->queue || plan.definition->queue->key.text.empty()) return;
  const Text& key = plan.definition->queue->key;
  const Result<flow::KeyTemplate> read = flow::KeyTemplate::parse(key.text);
  if (!read) {
    diagnostics_.error(key.place, "attribute 'key' of <queue>: " + read.error().details);
    return;
  }
  for (const std::string& member : read->keys()) require_member(key, member, plan);
}

void MessageBinder::check_route(const MessagePlan& plan) {
  if (!plan.definition->route || plan.definition->route->path.text.empty()) return;
  const descriptor::RouteDefinition& route = *plan.definition->route;
  const auto parameters = route_parameters(route.path.text);
  if (!parameters) {
    diagnostics_.error(
        route.path.place,
        "attribute 'path' of <route>: expected a path such as /v1/walls/{wall}, found '" + route.path.text + "'");
    return;
  }
  const Json schema = plan.use.entry->schema();
  for (const std::string& parameter : *parameters) {
    require_member(route.path, parameter, plan);
    const Json* properties = schema.find("properties");
    const Json* member = properties != nullptr ? properties->find(parameter) : nullptr;
    const std::string type = member != nullptr ? type_of(*member) : "string";
    if (type != "string" && type != "integer") {
      diagnostics_.error(route.path.place, "field '" + parameter + "' can't stand in a path: it is of type " + type);
    }
  }
  names_.take(*plan.definition);
}

}  // namespace tenon::wiring
