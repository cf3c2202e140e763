#include "store/errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

namespace tenon::store {
namespace {

struct Meaning {
  std::string_view code;
  std::string_view description;
  bool transient = false;
};

constexpr std::array<Meaning, 17> kMeanings{{
    {kUnreachable, "the store can't be reached", true},
    {kConnectionLost, "the connection to the store is lost", true},
    {kBusy, "the store is busy", true},
    {kConstraintViolated, "a constraint of the store is violated"},
    {kDiskFull, "the store has no room left", true},
    {kCorrupt, "the store's file is damaged or not Tenon's"},
    {kBadStatement, "the store can't execute the statement"},
    {kBadValue, "a value does not fit the store"},
    {kNoTransaction, "the transaction has failed or ended"},
    {kRefusedSettings, "the server's settings are refused"},
    {kBadAddress, "the store's address is wrong"},
    {kInUse, "another process uses the store"},
    {kInputOutput, "the store can't read or write"},
    {kNested, "this thread has a transaction open already"},
    {kBadMigrations, "the store's migrations are in disorder"},
    {kMigrationFailed, "a migration of the store has failed"},
    {kCopyRefused, "the store can't be copied"},
}};

bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/// Bytes of the character of UTF-8 (RFC 3629) at the beginning; 0 if there is none.
std::size_t character_size(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(at(i))) return 0;
  }
  const unsigned char second = at(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : size;
}

std::string numbered(std::size_t index) { return "parameter " + std::to_string(index + 1); }

/// How many bytes at the beginning are ASCII without NUL, in eights.
std::size_t plain_bytes(std::string_view text) {
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    // With no high bit set, taking one from each byte sets one only where the byte is 0.
    if (((word | (word - kOnes)) & kHigh) != 0) break;
  }
  return at;
}

Result<void> check_text(std::string_view text, std::size_t index) {
  for (std::size_t at = plain_bytes(text); at < text.size();) {
    if (text[at] == '\0') return bad_value(numbered(index) + ": text holds a NUL at byte " + std::to_string(at));
    const std::size_t size = character_size(text.substr(at));
    if (size == 0) return bad_value(numbered(index) + ": text is not UTF-8 at byte " + std::to_string(at));
    at += size;
  }
  return {};
}

}  // namespace

ErrorCode store_error(std::string_view code, std::string details) {
  const auto* meaning =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& entry) { return entry.code == code; });
  ErrorCode error = make_error(code, meaning->description, std::move(details));
  if (meaning->transient) error.elaboration["transient"] = "yes";
  return error;
}

bool is_transient(const ErrorCode& error) { return error.elaboration.contains("transient"); }

Result<void> check_value(const Parameter& parameter, std::size_t index) {
  if (const auto* text = std::get_if<std::string_view>(&parameter.data())) return check_text(*text, index);
  const auto* number = std::get_if<double>(&parameter.data());
  if (number != nullptr && !std::isfinite(*number)) return bad_value(numbered(index) + ": the number is not finite");
  return {};
}

}  // namespace tenon::store
