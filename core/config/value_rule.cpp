#include "config/value_rule.h"

#include <algorithm>
#include <array>
#include <regex>
#include <utility>
#include <vector>

#include "config/errors.h"
#include "descriptor/units.h"
#include "message/field_rules.h"

namespace tenon::config {
namespace {

using descriptor::Text;
using Kind = PropertyType::Kind;

/// A regular expression takes stack for each character that it looks at.
constexpr std::size_t kLongestValue = 4096;
constexpr std::int64_t kNanosecondsAMillisecond = 1'000'000;

struct TypeName {
  std::string_view name;
  Kind kind;
};
constexpr std::array<TypeName, 12> kTypes{{{"bool", Kind::kBool},
                                           {"integer", Kind::kInteger},
                                           {"number", Kind::kNumber},
                                           {"string", Kind::kString},
                                           {"duration", Kind::kDuration},
                                           {"size", Kind::kSize},
                                           {"java.lang.Boolean", Kind::kBool},
                                           {"java.lang.Integer", Kind::kInteger},
                                           {"java.lang.Long", Kind::kInteger},
                                           {"java.lang.Float", Kind::kNumber},
                                           {"java.lang.Double", Kind::kNumber},
                                           {"java.lang.String", Kind::kString}}};

std::string_view noun(Kind kind) {
  switch (kind) {
    case Kind::kBool: return "true or false";
    case Kind::kInteger: return "an integer";
    case Kind::kNumber: return "a number";
    case Kind::kDuration: return "a duration such as 10s or 200ms";
    case Kind::kSize: return "a size such as 512M";
    default: return "a text";
  }
}

/// The text as a value of the type alone.
std::optional<ConfigValue> as_kind(Kind kind, std::string_view text) {
  std::optional<std::int64_t> whole;
  switch (kind) {
    case Kind::kBool:
      if (text != "true" && text != "false") return std::nullopt;
      return ConfigValue{text == "true"};
    case Kind::kNumber: {
      const std::optional<double> number = descriptor::parse_number(text);
      return number ? std::optional(ConfigValue{*number}) : std::nullopt;
    }
    case Kind::kInteger: whole = descriptor::parse_integer(text); break;
    case Kind::kSize: whole = descriptor::parse_with_unit(text, descriptor::kSizeUnits); break;
    case Kind::kDuration:
      whole = descriptor::parse_with_unit(text, descriptor::kDurationUnits);
      if (whole && *whole % kNanosecondsAMillisecond != 0) return std::nullopt;
      if (whole) *whole /= kNanosecondsAMillisecond;
      break;
    default: return ConfigValue{std::string(text)};
  }
  if (!whole || (kind != Kind::kInteger && *whole < 0)) return std::nullopt;
  return ConfigValue{*whole};
}

bool is_ranged(Kind kind) {
  return kind == Kind::kInteger || kind == Kind::kNumber || kind == Kind::kDuration || kind == Kind::kSize;
}

/// ` from 1s to 1h`, ` of at least 1`.
std::string range_text(const std::string& min, const std::string& max) {
  if (!min.empty() && !max.empty()) return " from " + min + " to " + max;
  if (!min.empty()) return " of at least " + min;
  return max.empty() ? std::string() : " of at most " + max;
}

}  // namespace

struct ValueRule::Data {
  Kind kind = Kind::kString;
  std::optional<ConfigValue> min;
  std::optional<ConfigValue> max;
  std::uint32_t min_length = 0;
  std::uint32_t max_length = kLongestValue;
  std::optional<std::regex> pattern;
  std::vector<std::string> one_of;
  std::string expected;

  [[nodiscard]] bool fits(const ConfigValue& value) const {
    if (min && value.data < min->data) return false;
    if (max && value.data > max->data) return false;
    const auto* text = std::get_if<std::string>(&value.data);
    if (text == nullptr) return true;
    if (text->size() < min_length || text->size() > max_length || text->find('\0') != std::string::npos) return false;
    if (!one_of.empty() && std::find(one_of.begin(), one_of.end(), *text) == one_of.end()) return false;
    return !pattern || std::regex_match(*text, *pattern);
  }
};

namespace {

/// Reads a type and its validator.
class RuleReader {
 public:
  RuleReader(const descriptor::ValidatorDefinition& validator, descriptor::Diagnostics& diagnostics)
      : validator_(validator), diagnostics_(diagnostics) {}

  std::optional<Kind> kind(const Text& type) {
    const auto* const found =
        std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& known) { return known.name == type.text; });
    if (found != kTypes.end()) return found->kind;
    std::vector<std::string> names;
    for (const TypeName& known : kTypes) names.emplace_back(known.name);
    diagnostics_.error(type.place, "there is no type '" + type.text +
                                       "': expected bool, integer, number, string, duration or size" +
                                       descriptor::suggestion(type.text, names));
    return std::nullopt;
  }

  std::optional<ConfigValue> bound(Kind kind, const std::optional<Text>& given, std::string_view name) {
    if (!given) return std::nullopt;
    if (!is_ranged(kind)) {
      diagnostics_.error(given->place, "attribute '" + std::string(name) +
                                           "': only for numbers, durations and sizes, and this is " +
                                           std::string(noun(kind)));
      return std::nullopt;
    }
    std::optional<ConfigValue> value = as_kind(kind, given->text);
    if (!value) {
      diagnostics_.error(given->place, "attribute '" + std::string(name) + "': expected " + std::string(noun(kind)) +
                                           ", found '" + given->text + "'");
    }
    return value;
  }

  void check_text_rules(Kind kind, const descriptor::Place& place) {
    if (validator_.pattern) {
      if (const auto flaw = message::invalid_pattern(validator_.pattern->text)) {
        diagnostics_.error(validator_.pattern->place, "attribute 'pattern' is no regular expression: " + *flaw);
      }
    }
    if (kind == Kind::kString) return;
    const auto refuse = [&](const descriptor::Place& at, const char* name) {
      diagnostics_.error(
          at, std::string("attribute '") + name + "': only for texts, and this is " + std::string(noun(kind)));
    };
    if (validator_.min_length) refuse(place, "min-length");
    if (validator_.max_length) refuse(place, "max-length");
    if (validator_.pattern) refuse(validator_.pattern->place, "pattern");
    if (!validator_.one_of.empty()) refuse(validator_.one_of.front().place, "one-of");
  }

 private:
  const descriptor::ValidatorDefinition& validator_;
  descriptor::Diagnostics& diagnostics_;
};

std::string text_of(const std::optional<Text>& text) { return text ? text->text : std::string(); }

/// What a text may be, in words.
std::string text_expectation(const descriptor::ValidatorDefinition& validator) {
  if (!validator.one_of.empty()) {
    std::string words = "one of";
    for (const Text& one : validator.one_of) words.append(words == "one of" ? " " : ", ").append(one.text);
    return words;
  }
  std::string words = "a text";
  if (validator.min_length && validator.max_length) {
    words += " of " + std::to_string(*validator.min_length) + " to " + std::to_string(*validator.max_length) + " bytes";
  } else if (validator.min_length) {
    words += " of at least " + std::to_string(*validator.min_length) + " bytes";
  } else {
    words += " of at most " + std::to_string(validator.max_length.value_or(kLongestValue)) + " bytes";
  }
  if (validator.pattern) words += " that matches " + validator.pattern->text;
  return words;
}

}  // namespace

std::optional<ValueRule> ValueRule::read(const Text& type, const descriptor::ValidatorDefinition& validator,
                                         descriptor::Diagnostics& diagnostics) {
  if (type.text.empty()) return std::nullopt;
  const std::size_t errors = diagnostics.errors();
  RuleReader reader(validator, diagnostics);
  const std::optional<Kind> kind = reader.kind(type);
  if (!kind) return std::nullopt;
  const auto data = std::make_shared<Data>();
  data->kind = *kind;
  std::string min = text_of(validator.min);
  std::string max = text_of(validator.max);
  data->min = reader.bound(*kind, validator.min, "min");
  data->max = reader.bound(*kind, validator.max, "max");
  if (data->min && data->max && data->min->data > data->max->data) {
    diagnostics.error(validator.min->place, "attribute 'min': it is above 'max'");
  }
  if (type.text == "java.lang.Integer") {
    if (!data->min) min = std::to_string(std::get<std::int64_t>(data->min.emplace(std::int64_t{INT32_MIN}).data));
    if (!data->max) max = std::to_string(std::get<std::int64_t>(data->max.emplace(std::int64_t{INT32_MAX}).data));
  }
  reader.check_text_rules(*kind, type.place);
  if (diagnostics.errors() != errors) return std::nullopt;
  data->expected = *kind == Kind::kString ? text_expectation(validator) : std::string(noun(*kind));
  data->expected += range_text(min, max);
  data->min_length = validator.min_length.value_or(0);
  data->max_length = std::min<std::uint32_t>(validator.max_length.value_or(kLongestValue), kLongestValue);
  if (validator.pattern) {
    data->pattern.emplace(validator.pattern->text, std::regex::ECMAScript | std::regex::optimize);
  }
  for (const Text& one : validator.one_of) data->one_of.push_back(one.text);
  return ValueRule(data);
}

Result<ConfigValue> ValueRule::parse(std::string_view text) const {
  std::optional<ConfigValue> value = text.size() <= kLongestValue ? as_kind(data_->kind, text) : std::nullopt;
  if (value && data_->fits(*value)) return *std::move(value);
  std::string found = text.size() <= kLongestValue ? "'" + std::string(text) + "'"
                                                   : "a text of " + std::to_string(text.size()) + " bytes";
  return make_error(kBadValue, "a value does not fit", "expected " + data_->expected + ", found " + std::move(found));
}

std::optional<ConfigValue> ValueRule::parse(const Text& text, std::string_view what,
                                            descriptor::Diagnostics& diagnostics) const {
  Result<ConfigValue> value = parse(text.text);
  if (value) return std::move(value).value();
  diagnostics.error(text.place, std::string(what) + ": " + value.error().details);
  return std::nullopt;
}

PropertyType::Kind ValueRule::kind() const noexcept { return data_->kind; }

const std::string& ValueRule::expected() const noexcept { return data_->expected; }

std::string_view type_name(Kind kind) noexcept {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& known) { return known.kind == kind; });
  return found != kTypes.end() ? found->name : "string";
}

}  // namespace tenon::config
