#include "api/json_text.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tenon::api {
namespace {

/// The length of the UTF-8 sequence at the beginning of `text`; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || length > text.size()) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) > 0x9F;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

/// A number in JSON's form; nothing if a double can't hold it. (RapidJSON's own conversion to the nearest double has
/// undefined behaviour for some: it normalizes a zero.)
std::optional<Json> number(std::string_view text) {
  const char* end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t whole = 0;
    if (std::from_chars(text.data(), end, whole).ec == std::errc()) return Json(whole);
    std::uint64_t big = 0;
    if (std::from_chars(text.data(), end, big).ec == std::errc()) return Json(big);
  }
  double real = 0;
  if (std::from_chars(text.data(), end, real).ec != std::errc()) return std::nullopt;
  return Json(real);
}

/// Builds the tree from RapidJSON's events.
class TreeBuilder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TreeBuilder> {
 public:
  explicit TreeBuilder(std::size_t depth) : depth_(depth) {}

  bool Null() { return put(Json()); }
  bool Bool(bool value) { return put(Json(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    const std::optional<Json> value = number({text, size});
    if (value) return put(*value);
    refusal_ = make_error("JSON.1006", "not JSON", "a number out of the range of a double");
    return false;
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return is_whole({text, size}) && put(Json(std::string(text, size)));
  }
  bool StartObject() { return open(Json::object()); }
  bool StartArray() { return open(Json::array()); }
  bool EndObject(rapidjson::SizeType /*members*/) { return close(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return close(); }

  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    if (!is_whole({text, size})) return false;
    Level& level = levels_.back();
    level.name.assign(text, size);
    if (level.names.insert(level.name).second) return true;
    refusal_ = make_error("JSON.1007", "a name is given twice in one object", "'" + level.name + "'");
    return false;
  }

  [[nodiscard]] Json take() { return std::move(root_); }
  /// Why an event was refused; without a code if none was.
  [[nodiscard]] ErrorCode& refusal() { return refusal_; }

 private:
  struct Level {
    Json value;
    std::string name;
    std::unordered_set<std::string> names;
  };

  /// RapidJSON looks for the second half of a surrogate pair, but takes one that comes first.
  bool is_whole(std::string_view text) {
    if (is_utf8(text)) return true;
    refusal_ = make_error("JSON.1006", "not JSON", "half of a surrogate pair");
    return false;
  }
  bool open(Json value) {
    if (levels_.size() >= depth_) {
      refusal_ = make_error("JSON.1008", "nested too deep", "more than " + std::to_string(depth_) + " levels");
      return false;
    }
    levels_.push_back({std::move(value), {}, {}});
    return true;
  }
  bool close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    return put(std::move(value));
  }
  bool put(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& level = levels_.back();
    if (level.value.as_array() != nullptr) {
      level.value.push(std::move(value));
    } else {
      level.value.add(level.name, std::move(value));
    }
    return true;
  }

  std::size_t depth_;
  std::vector<Level> levels_;
  Json root_;
  ErrorCode refusal_;
};

std::string position(std::string_view text, std::size_t offset) {
  std::size_t line = 1;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < offset && at < text.size(); ++at) {
    if (text[at] != '\n') continue;
    ++line;
    begin = at + 1;
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(offset - begin + 1);
}

std::string repaired(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      result += "\xEF\xBF\xBD";
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

template <class Writer>
class Printer {
 public:
  explicit Printer(Writer& writer) : writer_(writer) {}

  void print(const Json& value) {
    if (const Json::Object* members = value.as_object()) {
      writer_.StartObject();
      for (const auto& [name, member] : *members) {
        text(name, true);
        print(member);
      }
      writer_.EndObject();
    } else if (const Json::Array* elements = value.as_array()) {
      writer_.StartArray();
      for (const Json& element : *elements) print(element);
      writer_.EndArray();
    } else {
      print_scalar(value);
    }
  }

 private:
  void print_scalar(const Json& value) {
    if (const std::string* string = value.as_string()) {
      text(*string, false);
    } else if (const bool* flag = value.as_bool()) {
      writer_.Bool(*flag);
    } else if (const std::int64_t* whole = value.as_int()) {
      writer_.Int64(*whole);
    } else if (const std::uint64_t* big = value.as_uint()) {
      writer_.Uint64(*big);
    } else if (const double* number = value.as_double(); number != nullptr && std::isfinite(*number)) {
      writer_.Double(*number);
    } else {
      writer_.Null();
    }
  }

  void text(const std::string& string, bool name) {
    if (!is_utf8(string)) return text(repaired(string), name);
    const auto size = static_cast<rapidjson::SizeType>(string.size());
    if (name) {
      writer_.Key(string.data(), size);
    } else {
      writer_.String(string.data(), size);
    }
  }

  Writer& writer_;
};

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Result<Json> parse_json(std::string_view text, std::size_t depth) {
  if (text.empty()) return make_error("JSON.1006", "not JSON", "the text is empty");
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  TreeBuilder builder(depth);
  const rapidjson::ParseResult parsed = reader.Parse<kFlags>(stream, builder);
  if (!builder.refusal().code.empty()) {
    ErrorCode error = std::move(builder.refusal());
    error.details = position(text, parsed.Offset()) + ": " + error.details;
    return error;
  }
  if (parsed.IsError()) {
    return make_error("JSON.1006", "not JSON",
                      position(text, parsed.Offset()) + ": " + rapidjson::GetParseError_En(parsed.Code()));
  }
  // RapidJSON takes a zero byte for the end of the text.
  if (stream.Tell() != text.size()) {
    return make_error("JSON.1006", "not JSON", position(text, stream.Tell()) + ": a zero byte");
  }
  return builder.take();
}

std::string print_json(const Json& value, JsonStyle style) {
  rapidjson::StringBuffer buffer;
  if (style == JsonStyle::kCompact) {
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    Printer(writer).print(value);
  } else {
    rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
    writer.SetIndent(' ', 2);
    Printer(writer).print(value);
  }
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace tenon::api
