#include "message_field.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "api/json_text.h"
#include "failure.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

/// Options that every command of a message has.
constexpr std::array<std::string_view, 6> kTaken{"help", "input", "json", "no-wait", "socket", "watch"};

[[noreturn]] void refuse(const std::string& option, const std::string& expected, const std::string& found) {
  throw Failure(ExitStatus::kUsage, option + ": expected " + expected + ", found '" + found + "'");
}

template <class Number>
std::optional<Number> number(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

std::string joined_with(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

Json json_value(const std::string& option, const std::string& text) {
  std::string source = text;
  if (text.starts_with('@')) {
    std::ifstream in(text.substr(1), std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    if (!in) throw Failure(ExitStatus::kFailed, option + ": cannot read " + text.substr(1));
    source = content.str();
  }
  Result<Json> json = api::parse_json(source);
  if (!json) {
    throw Failure(ExitStatus::kUsage, option + ": expected JSON, or @FILE with it: " + json.error().details);
  }
  return std::move(json).value();
}

Json one_value(const std::string& option, const Json& schema, const std::string& text) {
  const std::string type = text_of(schema, "type");
  if (type == "string") {
    const std::vector<std::string> choices = choices_of(schema);
    if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
      refuse(option, (choices.size() > 1 ? "one of " : "") + joined_with(choices, ", "), text);
    }
    return text;
  }
  if (type == "integer") {
    if (const auto whole = number<std::int64_t>(text)) return *whole;
    if (const auto big = number<std::uint64_t>(text)) return *big;
    refuse(option, "a whole number", text);
  }
  if (type == "number") {
    if (const auto real = number<double>(text)) return *real;
    refuse(option, "a number", text);
  }
  if (type == "boolean") {
    if (text == "true" || text == "false") return text == "true";
    refuse(option, "true or false", text);
  }
  return json_value(option, text);
}

/// `members: depth`, of an object that has some.
std::string members_text(const Json& schema) {
  const Json* properties = schema.find("properties");
  if (properties == nullptr || properties->as_object() == nullptr) return {};
  std::vector<std::string> names;
  for (const auto& [name, member] : *properties->as_object()) names.push_back(name);
  return names.empty() ? std::string() : "members: " + joined_with(names, ", ");
}

/// Without what a node puts around the pattern of a field, so that all of a text must match.
std::string pattern_text(const Json& schema) {
  constexpr std::string_view kBefore = "^(?:";
  constexpr std::string_view kAfter = ")$";
  std::string pattern = text_of(schema, "pattern");
  if (!pattern.starts_with(kBefore) || !pattern.ends_with(kAfter)) return pattern;
  return pattern.substr(kBefore.size(), pattern.size() - kBefore.size() - kAfter.size());
}

/// The bound as text; empty for none, or for one of a whole type.
std::string bound(const Json& schema, const char* name) {
  const Json* bound = schema.find(name);
  if (bound == nullptr) return {};
  for (const Json& whole :
       {Json(std::int64_t{INT32_MIN}), Json(std::int64_t{INT32_MAX}), Json(std::int64_t{UINT32_MAX}),
        Json(std::int64_t{INT64_MIN}), Json(std::int64_t{INT64_MAX}), Json(std::uint64_t{UINT64_MAX})}) {
    if (*bound == whole) return {};
  }
  return api::print_json(*bound);
}

std::string range(const std::string& least, const std::string& most) {
  if (!least.empty() && !most.empty()) return least + " to " + most;
  if (!least.empty()) return "at least " + least;
  return most.empty() ? std::string() : "at most " + most;
}

bool goes_on(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

std::string option_of(std::string_view field) {
  std::string name;
  for (const char c : field) {
    if (c != '_' || !name.empty()) name.push_back(c == '_' ? '-' : c);
  }
  const bool taken = std::find(kTaken.begin(), kTaken.end(), name) != kTaken.end();
  return (taken || name.empty() ? "--field-" : "--") + name;
}

bool is_flag(const Json& schema) { return text_of(schema, "type") == "boolean"; }

bool is_list(const Json& schema) { return text_of(schema, "type") == "array"; }

std::vector<std::string> choices_of(const Json& schema) {
  std::vector<std::string> choices;
  for (const Json& one : list_of(schema, "enum")) {
    if (one.as_string() != nullptr) choices.push_back(*one.as_string());
  }
  return choices;
}

std::string type_text(const Json& schema) {
  const std::string type = text_of(schema, "type");
  if (type == "boolean") return {};
  if (type == "integer" || type == "number") return "NUMBER";
  if (type == "string") {
    const std::string choices = joined_with(choices_of(schema), "|");
    return choices.empty() ? "TEXT" : choices;
  }
  if (type != "array") return "JSON";
  const Json* items = schema.find("items");
  const std::string item = items != nullptr ? type_text(*items) : "JSON";
  return (item.empty() ? "true|false" : item) + "...";
}

std::string rules_text(const Json& schema) {
  std::vector<std::string> rules;
  const auto add = [&](const std::string& rule, const std::string& unit) {
    if (!rule.empty()) rules.push_back(rule + unit);
  };
  add(range(bound(schema, "minimum"), bound(schema, "maximum")), "");
  add(range(bound(schema, "minLength"), bound(schema, "maxLength")), " bytes");
  add(range(bound(schema, "minItems"), bound(schema, "maxItems")), " elements");
  add(members_text(schema), "");
  if (const std::string pattern = pattern_text(schema); !pattern.empty()) add("matches " + pattern, "");
  if (const Json* value = schema.find("default")) {
    const bool plain = value->as_string() != nullptr && !value->as_string()->empty();
    add("default " + (plain ? *value->as_string() : api::print_json(*value)), "");
  }
  if (is_list(schema)) add("may be repeated", "");
  return joined_with(rules, "; ");
}

Json value_of(const MessageField& field, const std::vector<std::string>& texts) {
  if (!is_list(field.schema)) {
    if (texts.size() > 1) refuse(field.option, "it once", texts.back());
    return one_value(field.option, field.schema, texts.front());
  }
  const Json* items = field.schema.find("items");
  Json list = Json::array();
  for (const std::string& text : texts) list.push(one_value(field.option, items != nullptr ? *items : Json(), text));
  return list;
}

std::string with_options(const std::string& message, const std::vector<MessageField>& fields) {
  std::string text = message;
  for (const MessageField& field : fields) {
    const std::string path = "$." + field.name;
    const std::size_t begin = text.find(path);
    if (begin == std::string::npos) continue;
    std::size_t end = begin + path.size();
    if (end < text.size() && goes_on(text[end])) continue;
    // The rest of a path: `.depth`, `[3].color`.
    while (end < text.size() && (text[end] == '[' || text[end] == ']' || goes_on(text[end]) ||
                                 (text[end] == '.' && end + 1 < text.size() && goes_on(text[end + 1])))) {
      ++end;
    }
    const std::string whole = text.substr(begin, end - begin);
    text.replace(begin, end - begin, whole == path ? field.option : field.option + " (" + whole + ")");
    break;
  }
  return text;
}

}  // namespace tenon::cli
