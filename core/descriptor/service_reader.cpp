#include "descriptor/service_reader.h"

#include "descriptor/attribute_values.h"
#include "descriptor/first_places.h"
#include "descriptor/single_children.h"
#include "descriptor/units.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace tenon::descriptor {
namespace {

constexpr std::int64_t kNanosecondsAMillisecond = 1'000'000;
constexpr std::uint32_t kMostParallel = 1'000'000;
constexpr std::array<std::string_view, 3> kRoles{"reader", "operator", "admin"};

class ServiceReader {
 public:
  ServiceReader(ElementReader& elements, Diagnostics& diagnostics) : elements_(elements), diagnostics_(diagnostics) {}

  ServiceDefinition read(pugi::xml_node root);

 private:
  InterceptorDefinition interceptor(pugi::xml_node element);
  MessageDefinition message(pugi::xml_node element);
  void read_texts(const SingleChildren& texts, bool complete, MessageDefinition& message);
  FieldDefinition field(pugi::xml_node element);
  std::optional<double> number(const AttributeValues& values, std::string_view name);
  RouteDefinition route(pugi::xml_node element);
  RunDefinition run(pugi::xml_node element);
  QueueDefinition queue(pugi::xml_node element);
  /// Whether the part is not there yet; if it is, there is an error.
  template <class Part>
  bool is_first(const std::optional<Part>& part, pugi::xml_node element);

  ElementReader& elements_;
  Diagnostics& diagnostics_;
};

ServiceDefinition ServiceReader::read(pugi::xml_node root) {
  ServiceDefinition service;
  service.place = elements_.place(root);
  static_cast<void>(elements_.attributes(root, rules::kService));
  const Children children = elements_.children(root, rules::kService);
  SingleChildren texts("service", service.place, elements_, diagnostics_);
  FirstPlaces names("message", diagnostics_);
  for (const pugi::xml_node child : children.elements) {
    const std::string_view name = local_name(child.name());
    if (name == "interceptor") {
      service.interceptors.push_back(interceptor(child));
    } else if (name == "message") {
      MessageDefinition read = message(child);
      if (names.is_new(read.name)) service.messages.push_back(std::move(read));
    } else {
      texts.read(child);
    }
  }
  service.id = texts.require("id", children.complete);
  service.description = texts.prose("description");
  return service;
}

InterceptorDefinition ServiceReader::interceptor(pugi::xml_node element) {
  const auto attributes = elements_.attributes(element, rules::kInterceptor);
  static_cast<void>(elements_.children(element, rules::kInterceptor));
  const AttributeValues values("interceptor", attributes, diagnostics_);
  InterceptorDefinition interceptor;
  interceptor.bean = elements_.text(element);
  if (interceptor.bean.text.empty()) diagnostics_.error(interceptor.bean.place, "<interceptor> names no bean");
  if (const auto position = values.choice("position", {"SYSTEM", "FRONT", "DEFAULT", "END"})) {
    interceptor.position = Given<std::size_t>{attributes.get("position").place, *position};
  }
  if (const auto order = values.text("order")) {
    const auto whole = parse_integer(order->text);
    if (whole && std::in_range<int>(*whole)) {
      interceptor.order = static_cast<int>(*whole);
    } else {
      values.refuse("order", "a whole number", order->text);
    }
  }
  return interceptor;
}

template <class Part>
bool ServiceReader::is_first(const std::optional<Part>& part, pugi::xml_node element) {
  if (!part) return true;
  diagnostics_.error(elements_.place(element),
                     "a second <" + std::string(local_name(element.name())) + "> in <message>: a message has one");
  return false;
}

MessageDefinition ServiceReader::message(pugi::xml_node element) {
  MessageDefinition message;
  message.place = elements_.place(element);
  static_cast<void>(elements_.attributes(element, rules::kMessage));
  const Children children = elements_.children(element, rules::kMessage);
  SingleChildren texts("message", message.place, elements_, diagnostics_);
  FirstPlaces fields("field", diagnostics_);
  for (const pugi::xml_node child : children.elements) {
    const std::string_view name = local_name(child.name());
    if (name == "interceptor") {
      message.interceptors.push_back(interceptor(child));
    } else if (name == "field") {
      FieldDefinition read = field(child);
      if (fields.is_new(read.name)) message.fields.push_back(std::move(read));
    } else if (name == "route") {
      if (is_first(message.route, child)) message.route = route(child);
    } else if (name == "run") {
      if (is_first(message.run, child)) message.run = run(child);
    } else if (name == "queue") {
      if (is_first(message.queue, child)) message.queue = queue(child);
    } else {
      texts.read(child);
    }
  }
  read_texts(texts, children.complete, message);
  return message;
}

void ServiceReader::read_texts(const SingleChildren& texts, bool complete, MessageDefinition& message) {
  message.name = texts.require("name", complete);
  message.service = texts.find("serviceId");
  message.description = texts.prose("description");
  message.command = texts.find("command");
  if (message.command) message.command->text = one_line(message.command->text);
  if (const auto timeout = texts.find("timeout"); timeout && !timeout->text.empty()) {
    const auto nanoseconds = parse_with_unit(timeout->text, kDurationUnits);
    if (nanoseconds && *nanoseconds % kNanosecondsAMillisecond == 0) {
      message.timeout = Given<std::chrono::milliseconds>{
          timeout->place, std::chrono::milliseconds(*nanoseconds / kNanosecondsAMillisecond)};
    } else {
      diagnostics_.error(timeout->place,
                         "<timeout>: expected a duration such as 10s or 200ms, found '" + timeout->text + "'");
    }
  }
  if (const auto role = texts.find("role"); role && !role->text.empty()) {
    const auto* const found = std::find(kRoles.begin(), kRoles.end(), role->text);
    if (found != kRoles.end()) {
      message.role = Given<std::size_t>{role->place, static_cast<std::size_t>(found - kRoles.begin())};
    } else {
      diagnostics_.error(role->place, "<role>: expected reader, operator or admin, found '" + role->text + "'");
    }
  }
}

std::optional<double> ServiceReader::number(const AttributeValues& values, std::string_view name) {
  const auto given = values.text(name);
  if (!given) return std::nullopt;
  const auto number = parse_number(given->text);
  if (!number) values.refuse(name, "a number", given->text);
  return number;
}

FieldDefinition ServiceReader::field(pugi::xml_node element) {
  const auto attributes = elements_.attributes(element, rules::kField);
  static_cast<void>(elements_.children(element, rules::kField));
  const AttributeValues values("field", attributes, diagnostics_);
  FieldDefinition field;
  field.place = elements_.place(element);
  field.name = attributes.get("name");
  field.description = one_line(elements_.text(element).text);
  if (const auto required = values.flag("required")) field.required = required->value;
  field.min = number(values, "min");
  field.max = number(values, "max");
  if (field.min && field.max && *field.min > *field.max) values.refuse("min", "it is above 'max'");
  if (const auto least = values.whole("min-length", 0, UINT32_MAX)) field.min_length = least->value;
  if (const auto most = values.whole("max-length", 0, UINT32_MAX)) field.max_length = most->value;
  if (field.min_length && field.max_length && *field.min_length > *field.max_length) {
    values.refuse("min-length", "it is above 'max-length'");
  }
  field.pattern = values.text("pattern");
  if (const auto words = values.text("one-of")) field.one_of = split(*words, " \t\r\n");
  return field;
}

RouteDefinition ServiceReader::route(pugi::xml_node element) {
  const auto attributes = elements_.leaf(element, rules::kRoute);
  const AttributeValues values("route", attributes, diagnostics_);
  RouteDefinition route{elements_.place(element), attributes.get("method"), attributes.get("path"), std::nullopt};
  static_cast<void>(values.choice("method", {"GET", "POST", "PUT", "PATCH", "DELETE"}));
  if (!route.path.text.empty() && !route.path.text.starts_with("/v1/")) {
    values.refuse("path", "a path that begins with /v1/", route.path.text);
  }
  if (const auto status = values.whole("status", 200, 299)) route.status = status->value;
  return route;
}

RunDefinition ServiceReader::run(pugi::xml_node element) {
  const auto attributes = elements_.attributes(element, rules::kRun);
  RunDefinition run{elements_.place(element), attributes.get("chain"), {}, attributes.find("reply")};
  FirstPlaces keys("input", diagnostics_);
  for (const pugi::xml_node child : elements_.children(element, rules::kRun).elements) {
    const auto input = elements_.leaf(child, rules::kRunInput);
    RunDefinition::Input read{input.get("key"), input.find("field"), input.find("as")};
    if (read.field && read.as) {
      diagnostics_.error(read.as->place, "an input is one field, or the message as another one, not both");
    }
    if (keys.is_new(read.key)) run.inputs.push_back(std::move(read));
  }
  return run;
}

QueueDefinition ServiceReader::queue(pugi::xml_node element) {
  const auto attributes = elements_.leaf(element, rules::kQueue);
  const AttributeValues values("queue", attributes, diagnostics_);
  QueueDefinition queue{attributes.get("key"), 1};
  if (const auto parallelism = values.whole("parallelism", 1, kMostParallel)) queue.parallelism = parallelism->value;
  return queue;
}

}  // namespace

ServiceDefinition read_service(pugi::xml_node root, ElementReader& elements, Diagnostics& diagnostics) {
  return ServiceReader(elements, diagnostics).read(root);
}

}  // namespace tenon::descriptor
