#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tenon::cli {

/// Takes a `text/event-stream` apart, as it comes in pieces. Comments and fields other than `event` and `data` are
/// passed over.
class EventParser {
 public:
  using OnEvent = std::function<void(std::string_view name, std::string_view data)>;
  explicit EventParser(OnEvent on_event) : on_event_(std::move(on_event)) {}

  void feed(std::string_view piece);

 private:
  void take_line(std::string_view line);

  OnEvent on_event_;
  std::string rest_;
  std::string name_;
  std::string data_;
};

}  // namespace tenon::cli
