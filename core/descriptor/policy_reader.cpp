#include "descriptor/policy_reader.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "descriptor/units.h"

namespace tenon::descriptor {
namespace {

constexpr std::uint32_t kMostAttempts = 1000;
constexpr std::int64_t kMostAtOnce = 1'000'000;

/// `KVM.1001` or `KVM.*`.
bool is_code(std::string_view code) {
  constexpr std::string_view kWord = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const std::size_t dot = code.find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  const std::string_view number = code.substr(dot + 1);
  if (code.substr(0, dot).find_first_not_of(kWord) != std::string_view::npos) return false;
  return number == "*" || (!number.empty() && number.find_first_not_of(kWord) == std::string_view::npos);
}

std::optional<Given<std::vector<std::string>>> codes(const AttributeValues& values) {
  const std::optional<Text> given = values.text("retry-on");
  if (!given) return std::nullopt;
  Given<std::vector<std::string>> codes{given->place, {}};
  for (Text& code : split(*given, ", \t\n")) {
    if (is_code(code.text)) {
      codes.value.push_back(std::move(code.text));
    } else {
      values.refuse("retry-on", "error codes such as KVM.1001 or KVM.*", code.text);
    }
  }
  if (given->text.find_first_not_of(", \t\n") == std::string::npos)
    values.refuse("retry-on", "error codes such as KVM.1001 or KVM.*", given->text);
  return codes;
}

std::optional<ConcurrencyDefinition> concurrency(const AttributeValues& values) {
  const std::optional<Text> given = values.text("concurrency");
  if (!given) return std::nullopt;
  const std::size_t sign = given->text.rfind('=');
  if (sign != std::string::npos && sign > 0) {
    const std::optional<std::int64_t> limit = parse_integer(std::string_view(given->text).substr(sign + 1));
    if (limit && *limit >= 1 && *limit <= kMostAtOnce)
      return ConcurrencyDefinition{{given->place, given->text.substr(0, sign)}, static_cast<std::uint32_t>(*limit)};
  }
  values.refuse("concurrency", "a name and a limit from 1 to 1000000 such as host:{host.uuid}=10", given->text);
  return std::nullopt;
}

std::vector<ConditionDefinition> conditions(const AttributeValues& values) {
  std::vector<ConditionDefinition> conditions;
  const std::optional<Text> given = values.text("when");
  if (!given) return conditions;
  for (Text& word : split(*given, " \t\n")) {
    const bool negated = word.text.starts_with('!');
    Text key{std::move(word.place), word.text.substr(negated ? 1 : 0)};
    if (key.text.empty() || key.text.starts_with('!')) {
      values.refuse("when", "keys, each as KEY or !KEY", word.text);
    } else if (std::ranges::any_of(conditions, [&](const auto& known) { return known.key.text == key.text; })) {
      values.refuse("when", "it names the key '" + key.text + "' twice");
    } else {
      conditions.push_back({std::move(key), negated});
    }
  }
  return conditions;
}

/// What would be without effect is a slip.
void check_retry(const AttributeValues& values, const PolicyDefinition& policy, Attempts attempts) {
  if (policy.backoff && policy.max_backoff && policy.max_backoff->value < policy.backoff->value)
    values.refuse("max-backoff", "it is less than the first wait, 'backoff'");
  if (attempts == Attempts::kMaybeInherited || values.has("retry")) return;
  for (const std::string_view name : {"backoff", "max-backoff", "jitter"}) {
    if (values.has(name) && !values.has("undo-retry")) values.refuse(name, "it has no effect without 'retry'");
  }
  for (const std::string_view name : {"retry-on", "retry-undo"}) {
    if (values.has(name)) values.refuse(name, "it has no effect without 'retry'");
  }
}

}  // namespace

PolicyDefinition read_policy(const AttributeValues& values, Attempts attempts) {
  PolicyDefinition policy;
  policy.timeout = values.duration("timeout");
  policy.undo_timeout = values.duration("undo-timeout");
  policy.grace = values.duration("grace");
  policy.retry = values.whole("retry", 1, kMostAttempts);
  policy.backoff = values.duration("backoff");
  policy.max_backoff = values.duration("max-backoff");
  policy.jitter = values.fraction("jitter");
  policy.retry_on = codes(values);
  policy.retry_undo = values.flag("retry-undo");
  policy.undo_retry = values.whole("undo-retry", 1, kMostAttempts);
  policy.concurrency = concurrency(values);
  policy.when = conditions(values);
  check_retry(values, policy, attempts);
  return policy;
}

}  // namespace tenon::descriptor
