#include "json_text.h"

#include <rapidjson/document.h>

#include <cstdint>
#include <utility>

namespace compute {
namespace {

using tenon::Json;

constexpr int kDepth = 32;

std::string text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

Json number_of(const rapidjson::Value& value) {
  if (value.IsInt64()) return Json(static_cast<std::int64_t>(value.GetInt64()));
  if (value.IsUint64()) return Json(static_cast<std::uint64_t>(value.GetUint64()));
  return Json(value.GetDouble());
}

/// Nothing if it is nested too deep, or an object has one name twice.
std::optional<Json> tree_of(const rapidjson::Value& value, int depth) {
  if (depth > kDepth) return std::nullopt;
  if (value.IsObject()) {
    Json object = Json::object();
    for (const auto& member : value.GetObject()) {
      std::string name = text_of(member.name);
      auto tree = tree_of(member.value, depth + 1);
      if (!tree || object.find(name) != nullptr) return std::nullopt;
      object.add(name, std::move(*tree));
    }
    return object;
  }
  if (value.IsArray()) {
    Json array = Json::array();
    for (const auto& item : value.GetArray()) {
      auto tree = tree_of(item, depth + 1);
      if (!tree) return std::nullopt;
      array.push(std::move(*tree));
    }
    return array;
  }
  if (value.IsString()) return Json(text_of(value));
  if (value.IsBool()) return Json(value.GetBool());
  return value.IsNumber() ? number_of(value) : Json();
}

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;
  rapidjson::Document document;
  document.Parse<kFlags>(text.data(), text.size());
  return document.HasParseError() ? std::nullopt : tree_of(document, 0);
}

}  // namespace compute
