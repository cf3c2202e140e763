#include "journal/records.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "api/json_text.h"
#include "journal/errors.h"

namespace tenon::journal {
namespace {

/// Deeper than any value that came in through the API, with what the journal puts around it.
constexpr std::size_t kDepth = 1000;

Result<Json> parse(std::string_view text) {
  Result<Json> json = api::parse_json(text, kDepth);
  if (!json) return unreadable(json.error().to_string());
  return json;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

void append_quoted(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out.append("\"").append(text).append("\"");
  } else {
    out += api::print_json(Json(text));
  }
}

void append_hex(std::string& out, std::uint64_t number) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(number >> shift) & 15];
}

Json error_json(const ErrorCode& error) {
  Json json = Json::object().add("code", error.code).add("description", error.description);
  if (!error.details.empty()) json.add("details", error.details);
  if (!error.causes.empty()) {
    Json causes = Json::array();
    for (const ErrorCode& cause : error.causes) causes.push(error_json(cause));
    json.add("causes", std::move(causes));
  }
  if (!error.elaboration.empty()) {
    Json facts = Json::object();
    for (const auto& [name, value] : error.elaboration) facts.add(name, value);
    json.add("elaboration", std::move(facts));
  }
  return json;
}

std::string text_of(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  const std::string* text = member != nullptr ? member->as_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

ErrorCode error_of(const Json& json) {
  if (json.as_object() == nullptr) return unreadable("an error is no object");
  ErrorCode error = make_error(text_of(json, "code"), text_of(json, "description"), text_of(json, "details"));
  if (const Json* causes = json.find("causes"); causes != nullptr && causes->as_array() != nullptr) {
    for (const Json& cause : *causes->as_array()) error.causes.push_back(error_of(cause));
  }
  if (const Json* facts = json.find("elaboration"); facts != nullptr && facts->as_object() != nullptr) {
    for (const auto& [name, value] : *facts->as_object()) {
      if (const std::string* text = value.as_string()) error.elaboration[name] = *text;
    }
  }
  return error;
}

/// The value that is one element of the text: `[key, type id, value]`, perhaps with the step.
Result<StoredValue> value_of(Json& element, std::int32_t step) {
  Json::Array* parts = element.as_array();
  if (parts == nullptr || parts->size() < 3 || parts->size() > 4) return unreadable("a value has not three parts");
  const std::string* key = (*parts)[0].as_string();
  const std::string* type = (*parts)[1].as_string();
  if (key == nullptr || type == nullptr) return unreadable("a value has no key or no type");
  StoredValue value;
  value.key = *key;
  const auto [end, problem] = std::from_chars(type->data(), type->data() + type->size(), value.type_id, 16);
  if (problem != std::errc() || end != type->data() + type->size()) return unreadable("a value's type is no number");
  value.step = step;
  if (parts->size() == 4) {
    const std::int64_t* number = (*parts)[3].as_int();
    if (number == nullptr || !std::in_range<std::int32_t>(*number)) return unreadable("a value's step is no number");
    value.step = static_cast<std::int32_t>(*number);
  }
  value.value = std::move((*parts)[2]);
  return value;
}

}  // namespace

std::string data_text(std::span<const flow::DataEntry> data, WithSteps steps) {
  std::string text;
  for (const flow::DataEntry& entry : data) {
    text += text.empty() ? "[[" : ",[";
    append_quoted(text, entry.key.name);
    text += ",\"";
    append_hex(text, entry.value.type_id());
    text += "\",";
    text += api::print_json(entry.value.json());
    if (steps == WithSteps::kYes) text.append(",").append(std::to_string(entry.step));
    text += "]";
  }
  if (!text.empty()) text += "]";
  return text;
}

Result<void> read_values(std::string_view text, std::int32_t step, std::vector<StoredValue>& values) {
  if (text.empty()) return {};
  Result<Json> json = parse(text);
  if (!json) return json.error();
  Json::Array* elements = json->as_array();
  if (elements == nullptr) return unreadable("data is no list");
  for (Json& element : *elements) {
    Result<StoredValue> value = value_of(element, step);
    if (!value) return value.error();
    values.push_back(std::move(value).value());
  }
  return {};
}

std::string error_text(const ErrorCode& error) { return api::print_json(error_json(error)); }

ErrorCode read_error(std::string_view text) {
  const Result<Json> json = parse(text);
  return json ? error_of(json.value()) : json.error();
}

std::string note_text(const ErrorCode* error, std::span<const std::uint32_t> begun, std::int64_t wait) {
  Json json;
  if (error != nullptr) json.add("error", error_json(*error));
  if (!begun.empty()) {
    Json::Array steps;
    for (const std::uint32_t step : begun) steps.emplace_back(std::int64_t{step});
    json.add("begun", std::move(steps));
  }
  if (wait != 0) json.add("wait", wait);
  return json.is_null() ? std::string() : api::print_json(json);
}

Result<RecordNote> read_note(std::string_view text) {
  RecordNote note;
  if (text.empty()) return note;
  const Result<Json> json = parse(text);
  if (!json) return json.error();
  if (const Json* error = json->find("error")) note.error = api::print_json(*error);
  if (const Json* begun = json->find("begun"); begun != nullptr && begun->as_array() != nullptr) {
    for (const Json& step : *begun->as_array()) {
      const std::int64_t* number = step.as_int();
      if (number == nullptr || !std::in_range<std::uint32_t>(*number)) return unreadable("a step is no number");
      note.begun.push_back(static_cast<std::uint32_t>(*number));
    }
  }
  if (const Json* wait = json->find("wait"); wait != nullptr && wait->as_int() != nullptr) note.wait = *wait->as_int();
  return note;
}

std::string names_text(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    text += text.empty() ? "[" : ",";
    append_quoted(text, name);
  }
  if (!text.empty()) text += "]";
  return text;
}

Result<std::vector<std::string>> read_names(std::string_view text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  const Result<Json> json = parse(text);
  if (!json) return json.error();
  if (json->as_array() == nullptr) return unreadable("names are no list");
  for (const Json& name : *json->as_array()) {
    if (name.as_string() == nullptr) return unreadable("a name is no text");
    names.push_back(*name.as_string());
  }
  return names;
}

std::string clean_text(std::string_view text) {
  std::string clean(text);
  if (!is_plain(text)) {
    // JSON's printer repairs what is not UTF-8.
    const Result<Json> repaired = api::parse_json(api::print_json(Json(text)));
    clean = *repaired.value().as_string();
    std::replace(clean.begin(), clean.end(), '\0', ' ');
  }
  return clean;
}

}  // namespace tenon::journal
