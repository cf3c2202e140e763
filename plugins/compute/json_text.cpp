#include "json_text.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace compute {
namespace {

using tenon::Json;
using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

constexpr int kDepth = 32;

tenon::ErrorCode wrong(std::string details) {
  return tenon::make_error("REGISTRY.1005", "what is kept can't be read", std::move(details));
}

std::string text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

Json number_of(const rapidjson::Value& value) {
  if (value.IsInt64()) return Json(static_cast<std::int64_t>(value.GetInt64()));
  if (value.IsUint64()) return Json(static_cast<std::uint64_t>(value.GetUint64()));
  return Json(value.GetDouble());
}

/// Throws Error.
Json tree_of(const rapidjson::Value& value, int depth) {
  if (depth > kDepth) throw tenon::Error(wrong("nested too deep"));
  if (value.IsObject()) {
    Json object = Json::object();
    for (const auto& member : value.GetObject()) {
      std::string name = text_of(member.name);
      if (object.find(name) != nullptr) throw tenon::Error(wrong("'" + name + "' stands twice in one object"));
      object.add(name, tree_of(member.value, depth + 1));
    }
    return object;
  }
  if (value.IsArray()) {
    Json array = Json::array();
    for (const auto& item : value.GetArray()) array.push(tree_of(item, depth + 1));
    return array;
  }
  if (value.IsString()) return Json(text_of(value));
  if (value.IsBool()) return Json(value.GetBool());
  return value.IsNumber() ? number_of(value) : Json();
}

void write_text(Writer& writer, const std::string& text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(Writer& writer, const Json& json) {
  if (const Json::Object* members = json.as_object()) {
    writer.StartObject();
    for (const auto& [name, value] : *members) {
      write_text(writer, name);
      write(writer, value);
    }
    writer.EndObject();
  } else if (const Json::Array* items = json.as_array()) {
    writer.StartArray();
    for (const Json& item : *items) write(writer, item);
    writer.EndArray();
  } else if (const std::string* text = json.as_string()) {
    write_text(writer, *text);
  } else if (const bool* flag = json.as_bool()) {
    writer.Bool(*flag);
  } else if (const std::int64_t* whole = json.as_int()) {
    writer.Int64(*whole);
  } else if (const std::uint64_t* big = json.as_uint()) {
    writer.Uint64(*big);
  } else if (const double* number = json.as_double()) {
    writer.Double(*number);
  } else {
    writer.Null();
  }
}

std::string position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return std::to_string(line) + ":" + std::to_string(before.size() - begin + 1);
}

}  // namespace

tenon::Result<Json> parse_json(std::string_view text) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;
  rapidjson::Document document;
  document.Parse<kFlags>(text.data(), text.size());
  if (document.HasParseError()) {
    return wrong(position(text, document.GetErrorOffset()) + ": " +
                 rapidjson::GetParseError_En(document.GetParseError()));
  }
  try {
    return tree_of(document, 0);
  } catch (const tenon::Error& e) {
    return e.error();
  }
}

std::string json_text(const Json& json) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.SetIndent(' ', 2);
  write(writer, json);
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace compute
