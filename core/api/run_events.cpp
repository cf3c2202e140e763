#include "api/run_events.h"

#include <utility>

#include "api/json_text.h"

namespace tenon::api {

std::string RunEvents::take() {
  std::string text;
  for (const RunEvent& event : record_->read(cursor_)) {
    text.append("event: ").append(event.name).append("\ndata: ").append(print_json(event.data)).append("\n\n");
  }
  return text;
}

void RunEvents::notify(std::function<void()> wake) {
  wake_ = std::move(wake);
  record_->watch(weak_from_this());
}

}  // namespace tenon::api
