#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/http.h"
#include "api/router.h"
#include "message/event_hub.h"

namespace tenon::api {

/// Events: `GET /v1/events?path=PATTERN&after=ID&limit=N` lists them; as `text/event-stream` it follows them, from the
/// `Last-Event-ID` on if there is one, else from `after`, else from now on.
///
/// A stream whose reader is too slow ends; who asks again with the last id misses nothing, as long as the store has it.
class EventsApi {
 public:
  /// The hub must outlive this.
  explicit EventsApi(message::EventHub& hub) : hub_(hub) {}

  void add_routes(Router& router) const;

 private:
  struct Wanted;
  [[nodiscard]] HttpResponse events(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse list(const Wanted& wanted) const;
  [[nodiscard]] HttpResponse follow(const Wanted& wanted) const;

  message::EventHub& hub_;
};

}  // namespace tenon::api
