#include "event_parser.h"

namespace tenon::cli {

void EventParser::feed(std::string_view piece) {
  rest_ += piece;
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    take_line(std::string_view(rest_).substr(begin, end - begin));
  }
  rest_.erase(0, begin);
}

void EventParser::take_line(std::string_view line) {
  if (line.empty()) {
    if (!data_.empty()) on_event_(name_.empty() ? "message" : std::string_view(name_), data_);
    name_.clear();
    data_.clear();
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    name_ = value;
  } else if (field == "data") {
    data_.append(data_.empty() ? "" : "\n").append(value);
  }
}

}  // namespace tenon::cli
