#include "message/field_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>
#include <utility>

#include "message/errors.h"

namespace tenon::message {
namespace {

/// A regular expression takes stack for each character that it looks at.
constexpr std::size_t kLongestMatched = 4096;

struct Step {
  std::string member;
  bool each = false;
};

std::vector<Step> split(std::string_view path) {
  std::vector<Step> steps;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    std::string_view word = path.substr(0, end);
    const bool each = word.ends_with("[]");
    if (each) word.remove_suffix(2);
    steps.push_back({std::string(word), each});
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return steps;
}

std::string number_text(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

ErrorCode broken(const std::string& path, const std::string& expected, const std::string& found) {
  return make_error(kBadField, "a field is not as it should be",
                    path + ": expected " + expected + (found.empty() ? "" : ", found " + found));
}

std::optional<double> as_number(const Json& value) {
  if (const std::int64_t* whole = value.as_int()) return static_cast<double>(*whole);
  if (const std::uint64_t* big = value.as_uint()) return static_cast<double>(*big);
  if (const double* number = value.as_double()) return *number;
  return std::nullopt;
}

std::string between(const std::optional<std::string>& min, const std::optional<std::string>& max) {
  if (min && max) return *min + " to " + *max;
  return min ? "at least " + *min : "at most " + *max;
}

template <class T, class Print>
std::optional<std::string> text_of(const std::optional<T>& value, const Print& print) {
  return value ? std::optional(print(*value)) : std::nullopt;
}

Json as_json(double number) {
  const auto whole = static_cast<std::int64_t>(number);
  return static_cast<double>(whole) == number ? Json(whole) : Json(number);
}

void set(Json& object, std::string_view name, Json value) {
  for (auto& [key, member] : *object.as_object()) {
    if (key == name) {
      member = std::move(value);
      return;
    }
  }
  object.add(name, std::move(value));
}

Json* find(Json& object, std::string_view name) {
  return object.as_object() != nullptr ? const_cast<Json*>(std::as_const(object).find(name)) : nullptr;
}

}  // namespace

struct FieldRules::Compiled {
  explicit Compiled(const FieldRule& given) : rule(given), steps(split(given.path)) {
    if (!rule.pattern.empty()) pattern.emplace(rule.pattern, std::regex::ECMAScript | std::regex::optimize);
  }

  Result<void> check(const Json& value, std::size_t step, const std::string& path) const {
    if (step == steps.size()) return check_value(value, path);
    const Json* member = value.find(steps[step].member);
    const std::string name = path + "." + steps[step].member;
    if (member == nullptr || member->is_null()) {
      if (rule.required && step + 1 == steps.size()) return broken(name, "a value", "");
      return {};
    }
    if (!steps[step].each) return check(*member, step + 1, name);
    const Json::Array* items = member->as_array();
    for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
      if (auto ok = check((*items)[i], step + 1, name + "[" + std::to_string(i) + "]"); !ok) return ok;
    }
    return {};
  }

  Result<void> check_value(const Json& value, const std::string& path) const {
    if (const auto number = as_number(value); number && (rule.min || rule.max)) {
      if ((rule.min && *number < *rule.min) || (rule.max && *number > *rule.max)) {
        return broken(path, between(text_of(rule.min, number_text), text_of(rule.max, number_text)),
                      number_text(*number));
      }
    }
    if (const std::string* text = value.as_string()) return check_text(*text, path);
    if (const Json::Array* items = value.as_array()) return check_length(items->size(), "elements", path);
    return {};
  }

  Result<void> check_text(const std::string& text, const std::string& path) const {
    if (auto ok = check_length(text.size(), "bytes", path); !ok) return ok;
    if (!rule.one_of.empty() && std::find(rule.one_of.begin(), rule.one_of.end(), text) == rule.one_of.end()) {
      std::string known;
      for (const std::string& one : rule.one_of) known.append(known.empty() ? "" : ", ").append(one);
      return broken(path, "one of " + known, "'" + text + "'");
    }
    if (pattern && (text.size() > kLongestMatched || !std::regex_match(text, *pattern))) {
      return broken(path, "a text that matches " + rule.pattern, "'" + text + "'");
    }
    return {};
  }

  Result<void> check_length(std::size_t length, const char* unit, const std::string& path) const {
    if ((!rule.min_length || length >= *rule.min_length) && (!rule.max_length || length <= *rule.max_length)) return {};
    const auto print = [](std::uint64_t number) { return std::to_string(number); };
    return broken(path, between(text_of(rule.min_length, print), text_of(rule.max_length, print)) + " " + unit,
                  std::to_string(length));
  }

  const FieldRule rule;
  const std::vector<Step> steps;
  std::optional<std::regex> pattern;
};

FieldRules::FieldRules() = default;

FieldRules::FieldRules(std::vector<FieldRule> rules) : rules_(std::move(rules)) {
  for (const FieldRule& rule : rules_) compiled_.push_back(std::make_shared<const Compiled>(rule));
}

const FieldRule* FieldRules::find(std::string_view path) const noexcept {
  const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const auto& rule) { return rule.path == path; });
  return found != rules_.end() ? &*found : nullptr;
}

Result<void> FieldRules::check(const Json& message) const {
  for (const auto& rule : compiled_) {
    if (auto ok = rule->check(message, 0, "$"); !ok) return ok;
  }
  return {};
}

std::optional<std::string> invalid_pattern(const std::string& pattern) {
  try {
    const std::regex checked(pattern, std::regex::ECMAScript);
    return std::nullopt;
  } catch (const std::regex_error& e) {
    return e.what();
  }
}

void add_to_schema(const FieldRule& rule, Json& schema) {
  const Json* type = schema.find("type");
  const bool list = type != nullptr && type->as_string() != nullptr && *type->as_string() == "array";
  if (!rule.description.empty()) set(schema, "description", rule.description);
  if (rule.min) set(schema, "minimum", as_json(*rule.min));
  if (rule.max) set(schema, "maximum", as_json(*rule.max));
  if (rule.min_length) set(schema, list ? "minItems" : "minLength", Json(*rule.min_length));
  if (rule.max_length) set(schema, list ? "maxItems" : "maxLength", Json(*rule.max_length));
  if (!rule.pattern.empty()) set(schema, "pattern", "^(?:" + rule.pattern + ")$");
  if (rule.one_of.empty()) return;
  Json names = Json::array();
  for (const std::string& one : rule.one_of) names.push(one);
  set(schema, "enum", std::move(names));
}

Json* schema_at(Json& schema, std::string_view path) {
  Json* at = &schema;
  for (const Step& step : split(path)) {
    Json* properties = find(*at, "properties");
    at = properties != nullptr ? find(*properties, step.member) : nullptr;
    if (at != nullptr && step.each) at = find(*at, "items");
    if (at == nullptr) return nullptr;
  }
  return at;
}

Json schema_with(Json schema, const FieldRules& rules) {
  for (const FieldRule& rule : rules.rules()) {
    if (Json* at = schema_at(schema, rule.path)) add_to_schema(rule, *at);
    if (!rule.required) continue;
    const std::size_t dot = rule.path.rfind('.');
    Json* owner = dot == std::string::npos ? &schema : schema_at(schema, std::string_view(rule.path).substr(0, dot));
    if (owner == nullptr) continue;
    const std::string member = dot == std::string::npos ? rule.path : rule.path.substr(dot + 1);
    Json* required = find(*owner, "required");
    if (required == nullptr) {
      owner->add("required", Json::array());
      required = find(*owner, "required");
    }
    const Json name(member);
    if (std::find(required->as_array()->begin(), required->as_array()->end(), name) == required->as_array()->end()) {
      required->push(name);
    }
  }
  return schema;
}

}  // namespace tenon::message
