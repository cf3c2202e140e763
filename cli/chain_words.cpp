#include "chain_words.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "format.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

constexpr std::int64_t kUsualGrace = 10'000;

constexpr Signs kUtf8{" · ", "→", "≤", "├ ", "└ ", "│ ", "  "};
constexpr Signs kAscii{", ", "->", "<=", "|- ", "`- ", "|  ", "   "};

std::int64_t whole_of(const Json& object, std::string_view name) {
  return static_cast<std::int64_t>(number_of(object, name));
}

/// As a descriptor has it: without fractions.
std::string time_text(std::int64_t milliseconds) {
  static constexpr std::pair<std::int64_t, const char*> kUnits[]{{3'600'000, " h"}, {60'000, " min"}, {1000, " s"}};
  for (const auto& [length, name] : kUnits) {
    if (milliseconds % length == 0) return std::to_string(milliseconds / length) + name;
  }
  return std::to_string(milliseconds) + " ms";
}

std::string retry_text(const Json& retry) {
  std::string text = "retry " + count_of(retry, "attempts");
  if (const std::int64_t backoff = whole_of(retry, "backoff_ms"); backoff > 0) text += ", " + time_text(backoff);
  const std::string codes = joined(list_of(retry, "codes"));
  if (!codes.empty()) text += " on " + codes;
  if (retry.find("undo_between") != nullptr && !flag_of(retry, "undo_between")) text += ", no undo between";
  return text;
}

std::string condition_text(const Json::Array& when) {
  std::string text;
  for (const Json& condition : when) {
    text.append(text.empty() ? "when " : " and ").append(flag_of(condition, "negated") ? "not " : "");
    text += text_of(condition, "key");
  }
  return text;
}

std::vector<std::string> policies(const Json& policy, const Signs& signs) {
  std::vector<std::string> list;
  const auto time = [&](const char* member, const std::string& word) {
    if (const std::int64_t length = whole_of(policy, member); length > 0) list.push_back(word + time_text(length));
  };
  time("timeout_ms", "timeout ");
  time("undo_timeout_ms", "undo timeout ");
  if (policy.find("grace_ms") != nullptr && whole_of(policy, "grace_ms") != kUsualGrace) time("grace_ms", "grace ");
  const Json* retry = policy.find("retry");
  if (retry != nullptr && number_of(*retry, "attempts") > 1) list.push_back(retry_text(*retry));
  const std::string undos = count_of(policy, "undo_attempts");
  if (!undos.empty()) list.push_back("undo retry " + undos);
  const std::string concurrency = text_of(policy, "concurrency");
  if (!concurrency.empty())
    list.push_back(std::string(signs.at_most) + count_of(policy, "limit") + " of " + concurrency);
  const std::string when = condition_text(list_of(policy, "when"));
  if (!when.empty()) list.push_back(when);
  return list;
}

/// The file of a place, and what follows it.
std::pair<std::string, std::string> split_place(const std::string& place) {
  std::size_t end = place.size();
  for (int numbers = 0; numbers < 2; ++numbers) {
    const std::size_t digits = place.find_last_not_of("0123456789", end - 1);
    if (digits == std::string::npos || digits + 1 == end || place[digits] != ':') break;
    end = digits;
  }
  return {place.substr(0, end), place.substr(end)};
}

/// The last `parts` parts of a path.
std::string ending(const std::string& path, std::size_t parts) {
  std::size_t at = path.size();
  for (; parts > 0 && at != std::string::npos && at > 0; --parts) at = path.rfind('/', at - 1);
  return at == std::string::npos || at == 0 ? path : path.substr(at + 1);
}

}  // namespace

const Signs& Signs::of(bool utf8) { return utf8 ? kUtf8 : kAscii; }

std::string policy_text(const Json& part, const Signs& signs) {
  std::string text = flag_of(part, "has_pre_check") ? "pre-check" : "";
  const Json* policy = part.find("policy");
  if (policy == nullptr) return text;
  for (const std::string& piece : policies(*policy, signs))
    text.append(text.empty() ? "" : signs.between).append(piece);
  return text;
}

std::string keys_text(const Json& step, const Signs& signs) {
  std::string text;
  for (const char* use : {"reads", "optional"}) {
    for (const Json& key : list_of(step, use)) {
      text.append(text.empty() ? "" : ", ").append(text_of(key, "key"));
      if (use == std::string_view("optional")) text += "?";
    }
  }
  const Json::Array& writes = list_of(step, "writes");
  if (writes.empty()) return text;
  text.append(text.empty() ? "" : " ").append(signs.arrow);
  const char* before = " ";
  for (const Json& key : writes) text.append(std::exchange(before, ", ")).append(text_of(key, "key"));
  return text;
}

std::string short_name(const Json& step, std::string_view prefix) {
  std::string name = text_of(step, "name");
  if (!prefix.empty() && name.starts_with(prefix)) name.erase(0, prefix.size());
  const std::size_t bean = name.find('[');
  if (step.find("interface") == nullptr || bean == std::string::npos || !name.ends_with(']')) return name;
  return name.substr(bean + 1, name.size() - bean - 2);
}

std::string inner_prefix(std::string_view outer, std::string_view scope) {
  if (scope.empty()) return std::string(outer);
  std::string prefix = scope.starts_with(outer) ? std::string() : std::string(outer);
  return prefix.append(scope).append("/");
}

ShortPlaces::ShortPlaces(const Json& chain) {
  take(chain);
  for (const std::string& file : seen_) {
    std::size_t parts = 1;
    const auto ambiguous = [&](const std::string& other) {
      return other != file && ending(other, parts) == ending(file, parts);
    };
    while (ending(file, parts) != file && std::any_of(seen_.begin(), seen_.end(), ambiguous)) ++parts;
    short_.emplace(file, ending(file, parts));
  }
}

void ShortPlaces::take(const Json& value) {
  if (const Json::Array* list = value.as_array()) {
    for (const Json& item : *list) take(item);
  }
  if (value.as_object() == nullptr) return;
  for (const auto& [name, member] : *value.as_object()) {
    const bool place = name == "place" || name == "origin";
    if (place && member.as_string() != nullptr) seen_.insert(split_place(*member.as_string()).first);
    take(member);
  }
}

std::string ShortPlaces::of(const std::string& place) const {
  const auto [file, position] = split_place(place);
  const auto found = short_.find(file);
  return found != short_.end() ? found->second + position : place;
}

std::map<std::string, std::string> ShortPlaces::files() const {
  std::map<std::string, std::string> files;
  for (const auto& [whole, name] : short_) {
    if (name != whole) files.emplace(name, whole);
  }
  return files;
}

}  // namespace tenon::cli
