#include "json_text.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace ovs {
namespace {

using tenon::Json;

/// Builds a tree from RapidJSON's events.
class TreeBuilder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TreeBuilder> {
 public:
  bool Null() { return add(Json()); }
  bool Bool(bool value) { return add(Json(value)); }
  bool Int(int value) { return add(Json(std::int64_t{value})); }
  bool Uint(unsigned value) { return add(Json(std::uint64_t{value})); }
  bool Int64(std::int64_t value) { return add(Json(value)); }
  bool Uint64(std::uint64_t value) { return add(Json(value)); }
  bool Double(double value) { return add(Json(value)); }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) { return add(Json(std::string(text, size))); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    open_.back().key.assign(text, size);
    return true;
  }
  bool StartObject() { return open(Json::object()); }
  bool StartArray() { return open(Json::array()); }
  bool EndObject(rapidjson::SizeType /*members*/) { return close(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return close(); }

  Json take() { return std::move(whole_); }

 private:
  struct Level {
    Json value;
    std::string key;
  };
  bool open(Json empty) {
    open_.push_back({std::move(empty), {}});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }
  bool add(Json value) {
    if (open_.empty()) {
      whole_ = std::move(value);
    } else if (open_.back().value.as_array() != nullptr) {
      open_.back().value.push(std::move(value));
    } else {
      open_.back().value.add(open_.back().key, std::move(value));
    }
    return true;
  }

  std::vector<Level> open_;
  Json whole_;
};

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write_string(Writer& writer, const std::string& text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(Writer& writer, const Json& json) {
  if (const bool* flag = json.as_bool()) {
    writer.Bool(*flag);
  } else if (const std::int64_t* whole = json.as_int()) {
    writer.Int64(*whole);
  } else if (const std::uint64_t* big = json.as_uint()) {
    writer.Uint64(*big);
  } else if (const double* number = json.as_double()) {
    writer.Double(*number);
  } else if (const std::string* text = json.as_string()) {
    write_string(writer, *text);
  } else if (const Json::Array* items = json.as_array()) {
    writer.StartArray();
    for (const Json& item : *items) write(writer, item);
    writer.EndArray();
  } else if (const Json::Object* members = json.as_object()) {
    writer.StartObject();
    for (const auto& [name, value] : *members) {
      write_string(writer, name);
      write(writer, value);
    }
    writer.EndObject();
  } else {
    writer.Null();
  }
}

}  // namespace

tenon::ErrorCode not_understood(std::string details) {
  return tenon::make_error("OVS.1004", "the Open vSwitch database says what is not understood", std::move(details));
}

tenon::Result<Json> parse_json(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  TreeBuilder tree;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, tree);
  if (result.IsError()) {
    return not_understood(std::string(rapidjson::GetParseError_En(result.Code())) + " at byte " +
                          std::to_string(result.Offset()));
  }
  return tree.take();
}

std::string json_text(const Json& json) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  write(writer, json);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace ovs
