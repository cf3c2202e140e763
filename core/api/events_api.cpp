#include "api/events_api.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "api/json_text.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/reply.h"
#include "api/run_record.h"
#include "message/event_pattern.h"

namespace tenon::api {
namespace {

constexpr std::uint64_t kLongestList = 1000;
constexpr std::uint64_t kUsualList = 100;
/// So many are looked at in one go.
constexpr std::size_t kBatch = 256;
/// What a reader may have missed and is sent at once: more is a matter for a list.
constexpr std::size_t kMostBacklog = 100'000;

Json event_json(const PublishedEvent& event) {
  const std::chrono::system_clock::time_point at{std::chrono::microseconds(event.at)};
  return Json::object()
      .add("id", event.id)
      .add("path", event.path)
      .add("kind", event.kind)
      .add("at", timestamp(at))
      .add("body", event.body);
}

std::string event_text(const PublishedEvent& event) {
  return "id: " + std::to_string(event.id) + "\ndata: " + print_json(event_json(event)) + "\n\n";
}

/// The events that follow, as a stream.
class EventStream final : public EventSource {
 public:
  EventStream(message::EventHub& hub, message::EventPattern pattern, std::uint64_t after, std::string backlog)
      : hub_(hub), pattern_(std::move(pattern)), after_(after), text_(std::move(backlog)) {}

  std::string take() override {
    std::string text = std::exchange(text_, {});
    while (text.empty() && !ended_) {
      const auto recent = hub_.recent(after_, kBatch);
      ended_ = !recent.has_value();
      if (ended_ || recent->empty()) break;
      for (const auto& event : *recent) {
        if (pattern_.matches(event->path)) text += event_text(*event);
        after_ = event->id;
      }
    }
    return text;
  }
  bool ended() const override { return ended_; }
  void notify(std::function<void()> wake) override { subscription_ = hub_.subscribe(std::move(wake)); }

 private:
  message::EventHub& hub_;
  const message::EventPattern pattern_;
  std::uint64_t after_;
  std::string text_;
  bool ended_ = false;
  std::shared_ptr<void> subscription_;
};

}  // namespace

struct EventsApi::Wanted {
  message::EventPattern pattern{"/**"};
  std::optional<std::uint64_t> after;
  std::uint64_t limit = kUsualList;
};

void EventsApi::add_routes(Router& router) const {
  router.add("GET", "/v1/events", "List events, or follow them as a stream",
             [this](const HttpRequest& request, const std::vector<std::string>&) { return events(request); });
}

HttpResponse EventsApi::events(const HttpRequest& request) const {
  const Result<QueryParameters> query = read_query(request.target);
  if (!query) return failure(query.error());
  Wanted wanted;
  for (const auto& [name, text] : *query) {
    Result<std::uint64_t> number = std::uint64_t{0};
    if (name == "path") {
      if (!message::EventPattern::is_valid(text))
        return failure(bad_parameter(name, "a pattern such as /walls/*", text));
      wanted.pattern = message::EventPattern(text);
    } else if (name == "after") {
      number = read_count(name, text, 0, INT64_MAX);
      if (number) wanted.after = *number;
    } else if (name == "limit") {
      number = read_count(name, text, 1, kLongestList);
      if (number) wanted.limit = *number;
    } else {
      return failure(unknown_parameter(name, {"path", "after", "limit"}));
    }
    if (!number) return failure(number.error());
  }
  if (!wants_events(request)) return list(wanted);
  if (!request.last_event_id.empty()) {
    const Result<std::uint64_t> last = read_count("Last-Event-ID", request.last_event_id, 0, INT64_MAX);
    if (!last) return failure(last.error());
    wanted.after = *last;
  }
  return follow(wanted);
}

HttpResponse EventsApi::list(const Wanted& wanted) const {
  return reply_later([this, wanted] {
    Json list = Json::array();
    std::size_t left = wanted.limit;
    std::uint64_t after = wanted.after.value_or(hub_.last() > wanted.limit ? hub_.last() - wanted.limit : 0);
    while (left > 0) {
      const Result<std::vector<PublishedEvent>> events = hub_.stored(after, kBatch);
      if (!events) return failure(events.error());
      for (const PublishedEvent& event : *events) {
        after = event.id;
        if (left == 0 || !wanted.pattern.matches(event.path)) continue;
        list.push(event_json(event));
        --left;
      }
      if (events->size() < kBatch) break;
    }
    return reply(list);
  });
}

HttpResponse EventsApi::follow(const Wanted& wanted) const {
  const auto stream = [this, wanted](std::uint64_t after, std::string backlog) {
    HttpResponse response;
    response.events = std::make_shared<EventStream>(hub_, wanted.pattern, after, std::move(backlog));
    return response;
  };
  const std::uint64_t after = wanted.after.value_or(hub_.last());
  if (hub_.recent(after, 1)) return stream(after, {});
  return reply_later([this, wanted, stream, after] {
    std::string backlog;
    std::uint64_t at = after;
    std::size_t count = 0;
    while (!hub_.recent(at, 1)) {
      const Result<std::vector<PublishedEvent>> events = hub_.stored(at, kBatch);
      if (!events) return failure(events.error());
      for (const PublishedEvent& event : *events) {
        at = event.id;
        if (wanted.pattern.matches(event.path)) backlog += event_text(event);
      }
      count += events->size();
      if (count > kMostBacklog) return problem(410, "so many events have come since that they must be listed");
      if (events->empty()) at = std::max(at, hub_.last());
    }
    return stream(at, std::move(backlog));
  });
}

}  // namespace tenon::api
