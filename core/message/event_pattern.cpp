#include "message/event_pattern.h"

#include <algorithm>
#include <cstddef>

namespace tenon::message {
namespace {

/// Takes the next segment off a path of which `/…` is left.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

}  // namespace

EventPattern::EventPattern(std::string_view text) {
  while (text.starts_with('/')) {
    const std::string_view segment = take_segment(text);
    if (segment == "**") {
      open_ = true;
    } else {
      const bool any = segment == "*" || (segment.starts_with('{') && segment.ends_with('}'));
      segments_.emplace_back(any ? std::string_view() : segment);
    }
  }
}

bool EventPattern::matches(std::string_view path) const {
  for (const std::string& segment : segments_) {
    if (!path.starts_with('/')) return false;
    const std::string_view found = take_segment(path);
    if (found.empty() || (!segment.empty() && segment != found)) return false;
  }
  return open_ || path.empty();
}

bool EventPattern::is_valid(std::string_view text) {
  if (!text.starts_with('/')) return false;
  while (!text.empty()) {
    const std::string_view segment = take_segment(text);
    if (segment.empty() || (segment == "**" && !text.empty())) return false;
  }
  return true;
}

}  // namespace tenon::message
