#include "event_command.h"

#include <iostream>

#include "api/json_text.h"
#include "format.h"
#include "json_access.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

std::string body_text(const Json& event) {
  const Json* body = event.find("body");
  return body != nullptr ? api::print_json(*body) : std::string();
}

}  // namespace

std::string EventFilter::query() const {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text.append(text.empty() ? "?" : "&").append(name).append("=").append(segment(value));
  };
  add("path", path);
  add("after", after);
  add("limit", limit);
  return text;
}

void list_events(const ApiClient& client, const EventFilter& filter, bool json) {
  print_list(client.get("/v1/events" + filter.query()), json, {"ID", "AT", "PATH", "BODY"},
             [](const Json& event) -> std::vector<std::string> {
               return {count_of(event, "id"), text_of(event, "at"), text_of(event, "path"), body_text(event)};
             });
}

void watch_events(const ApiClient& client, EventFilter filter, bool json) {
  for (;;) {
    const auto refusal = client.events(
        "GET", "/v1/events" + filter.query(), nullptr,
        [&](std::string_view /*name*/, const Json& event) {
          filter.after = count_of(event, "id");
          const std::string line =
              json ? api::print_json(event)
                   : harmless(text_of(event, "at") + " " + text_of(event, "path") + " " + body_text(event));
          std::cout << line << std::endl;
        },
        std::chrono::milliseconds(0), {});
    if (refusal) return print_answer(refusal->body);
  }
}

}  // namespace tenon::cli
