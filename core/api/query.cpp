#include "api/query.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "api/json_text.h"
#include "descriptor/diagnostics.h"
#include "descriptor/units.h"

namespace tenon::api {
namespace {

constexpr std::int64_t kMicroseconds = 1'000'000;

/// Takes a text apart from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool ended() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool take(char letter) {
    if (rest_.empty() || rest_.front() != letter) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// So many digits.
  [[nodiscard]] std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int number = 0;
    for (const char letter : rest_.substr(0, count)) {
      if (letter < '0' || letter > '9') return std::nullopt;
      number = number * 10 + (letter - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }
  /// A fraction of a second in microseconds, cut there.
  [[nodiscard]] std::optional<std::int64_t> fraction() {
    std::int64_t value = 0;
    std::int64_t unit = kMicroseconds / 10;
    std::size_t count = 0;
    for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count, unit /= 10) {
      value += (rest_[count] - '0') * unit;
    }
    rest_.remove_prefix(count);
    return count > 0 ? std::optional(value) : std::nullopt;
  }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> read_date(Scanner& text) {
  const auto year = text.digits(4);
  if (!year || !text.take('-')) return std::nullopt;
  const auto month = text.digits(2);
  if (!month || !text.take('-')) return std::nullopt;
  const auto day = text.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400} * kMicroseconds;
}

/// `HH:MM` in seconds.
std::optional<std::int64_t> read_minutes(Scanner& text) {
  const auto hours = text.digits(2);
  if (!hours || *hours > 23 || !text.take(':')) return std::nullopt;
  const auto minutes = text.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return (*hours * std::int64_t{60} + *minutes) * 60;
}

/// `HH:MM:SS`, with a fraction if need be, in microseconds.
std::optional<std::int64_t> read_time(Scanner& text) {
  const auto minutes = read_minutes(text);
  if (!minutes || !text.take(':')) return std::nullopt;
  const auto seconds = text.digits(2);
  if (!seconds || *seconds > 59) return std::nullopt;
  const std::int64_t time = (*minutes + *seconds) * kMicroseconds;
  if (!text.take('.')) return time;
  const auto fraction = text.fraction();
  if (!fraction) return std::nullopt;
  return time + *fraction;
}

/// `Z`, `+02:00`, in microseconds.
std::optional<std::int64_t> read_offset(Scanner& text) {
  if (text.take('Z')) return 0;
  const bool east = text.take('+');
  if (!east && !text.take('-')) return std::nullopt;
  const auto seconds = read_minutes(text);
  if (!seconds) return std::nullopt;
  return (east ? *seconds : -*seconds) * kMicroseconds;
}

std::optional<std::int64_t> read_timestamp(std::string_view text) {
  Scanner rest(text);
  const auto date = read_date(rest);
  if (!date || rest.ended()) return date;
  if (!rest.take('T')) return std::nullopt;
  const auto time = read_time(rest);
  if (!time) return std::nullopt;
  const auto offset = read_offset(rest);
  if (!offset || !rest.ended()) return std::nullopt;
  return *date + *time - *offset;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const char* digits = text.data() + at + 1;
    unsigned byte = 0;
    if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2 || byte == 0) return std::nullopt;
    result += static_cast<char>(byte);
    at += 2;
  }
  if (!is_utf8(result)) return std::nullopt;
  return result;
}

Result<QueryParameters> read_query(std::string_view target) {
  QueryParameters parameters;
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return parameters;
  std::string_view rest = target.substr(mark + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view value = part.substr(std::min(equals + 1, part.size()));
    std::string spaced(value);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    std::optional<std::string> name = percent_decoded(part.substr(0, equals));
    std::optional<std::string> text = percent_decoded(spaced);
    if (!name || !text) {
      return make_error(kBadParameter, "a parameter is wrong", "it can't be decoded: '" + std::string(part) + "'");
    }
    parameters.emplace_back(std::move(*name), std::move(*text));
  }
  return parameters;
}

std::string query_text(std::string_view text) {
  static constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char letter : text) {
    if (kPlain.find(letter) != std::string_view::npos) {
      result += letter;
    } else {
      const auto byte = static_cast<unsigned char>(letter);
      result.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return result;
}

ErrorCode bad_parameter(std::string_view name, std::string_view expected, std::string_view found) {
  return make_error(kBadParameter, "a parameter is wrong",
                    std::string(name) + ": expected " + std::string(expected) + ", found '" + std::string(found) + "'");
}

ErrorCode unknown_parameter(const std::string& name, const std::vector<std::string>& allowed) {
  std::string list;
  for (const std::string& one : allowed) list.append(list.empty() ? "" : ", ").append(one);
  return make_error(kUnknownParameter, "there is no such parameter",
                    "'" + name + "'" + descriptor::suggestion(name, allowed) + "; there are: " + list);
}

Result<std::uint64_t> read_count(std::string_view name, std::string_view text, std::uint64_t least,
                                 std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return number;
  return bad_parameter(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), text);
}

Result<std::int64_t> read_moment(std::string_view name, std::string_view text, std::int64_t now) {
  if (const auto ago = descriptor::parse_with_unit(text, descriptor::kDurationUnits)) return now - *ago / 1000;
  if (const auto moment = read_timestamp(text)) return *moment;
  return bad_parameter(name, "a time such as 2024-05-01, 2024-05-01T12:30:00Z or 2h (two hours ago)", text);
}

}  // namespace tenon::api
