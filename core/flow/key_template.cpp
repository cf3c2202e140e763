#include "flow/key_template.h"

#include <tenon/json.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace tenon::flow {
namespace {

ErrorCode bad_template(std::string_view text, std::size_t at, std::string_view what) {
  return make_error("FLOW.1021", "not a name made of data",
                    "'" + std::string(text) + "', character " + std::to_string(at + 1) + ": " + std::string(what));
}

ErrorCode no_name(const std::string& text, const std::string& why) {
  return make_error("FLOW.1015", "a lock or limit can't be named from the data", "'" + text + "': " + why);
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::optional<std::string> scalar_text(const Json& json) {
  if (const std::string* text = json.as_string()) return *text;
  if (const bool* flag = json.as_bool()) return *flag ? "true" : "false";
  if (const std::int64_t* whole = json.as_int()) return std::to_string(*whole);
  if (const std::uint64_t* big = json.as_uint()) return std::to_string(*big);
  return std::nullopt;
}

}  // namespace

Result<KeyTemplate> KeyTemplate::parse(std::string_view text) {
  KeyTemplate made;
  made.text_ = text;
  std::string literal;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '}') return bad_template(text, at, "a '}' without its '{'");
    if (text[at] != '{') {
      literal += text[at++];
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return bad_template(text, at, "a '{' without its '}'");
    Part part;
    part.literal = std::exchange(literal, {});
    std::string word;
    std::vector<std::string> words;
    for (std::size_t i = at + 1; i <= end; ++i) {
      if (i < end && is_key_character(text[i])) {
        word += text[i];
      } else if ((i == end || text[i] == '.') && !word.empty()) {
        words.push_back(std::exchange(word, {}));
      } else {
        return bad_template(text, i, "expected {KEY} or {KEY.MEMBER…}");
      }
    }
    part.key = words.front();
    part.members.assign(words.begin() + 1, words.end());
    made.parts_.push_back(std::move(part));
    at = end + 1;
  }
  if (!literal.empty()) made.parts_.push_back({std::move(literal), {}, {}});
  if (made.parts_.empty()) return bad_template(text, 0, "it is empty");
  return made;
}

std::vector<std::string> KeyTemplate::keys() const {
  std::vector<std::string> keys;
  for (const Part& part : parts_) {
    if (!part.key.empty() && std::find(keys.begin(), keys.end(), part.key) == keys.end()) keys.push_back(part.key);
  }
  return keys;
}

Result<std::string> KeyTemplate::name(const std::function<const Value*(std::string_view key)>& find) const {
  std::string name;
  for (const Part& part : parts_) {
    name += part.literal;
    if (part.key.empty()) continue;
    const Value* value = find(part.key);
    if (value == nullptr) return no_name(text_, "there is no value under '" + part.key + "'");
    const Json whole = value->json();
    const Json* json = &whole;
    std::string path = part.key;
    for (const std::string& member : part.members) {
      path += "." + member;
      json = json->find(member);
      if (json == nullptr) return no_name(text_, "there is no '" + path + "'");
    }
    const std::optional<std::string> text = scalar_text(*json);
    if (!text)
      return no_name(text_, "'" + path + "' is " + std::string(json->type_name()) + ", not a text or a whole number");
    name += *text;
  }
  return name;
}

}  // namespace tenon::flow
