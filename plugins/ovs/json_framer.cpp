#include "json_framer.h"

#include "json_text.h"

#include <algorithm>
#include <utility>

namespace ovs {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

/// The beginning of a text for a message: what can't be printed is replaced.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kLength = 40;
  std::string shown(text.substr(0, kLength));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

}  // namespace

bool JsonFramer::ends(char byte) {
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (byte == '\\') {
      escaped_ = true;
    } else if (byte == '"') {
      in_string_ = false;
    }
    return false;
  }
  switch (byte) {
    case '"': in_string_ = true; return false;
    case '{':
    case '[': ++depth_; return false;
    case '}':
    case ']': return --depth_ == 0;
    default: return false;
  }
}

tenon::Result<std::optional<std::string>> JsonFramer::next() {
  if (scanned_ == 0) {
    buffer_.erase(0, std::min(buffer_.find_first_not_of(kSpace), buffer_.size()));
    if (buffer_.empty()) return std::optional<std::string>();
    if (buffer_.front() != '{') return not_understood("no JSON object begins with '" + excerpt(buffer_) + "'");
  }
  while (scanned_ < buffer_.size()) {
    const bool whole = ends(buffer_[scanned_++]);
    if (depth_ > kMaxDepth) return not_understood("nested more than " + std::to_string(kMaxDepth) + " deep");
    if (scanned_ > max_bytes_) return not_understood("more than " + std::to_string(max_bytes_) + " bytes at once");
    if (!whole) continue;
    std::string object = buffer_.substr(0, scanned_);
    buffer_.erase(0, std::exchange(scanned_, 0));
    return std::optional<std::string>(std::move(object));
  }
  return std::optional<std::string>();
}

}  // namespace ovs
