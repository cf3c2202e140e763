#pragma once

#include <sys/types.h>
#include <tenon/error.h>
#include <tenon/json.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/http.h"
#include "api/request_log.h"
#include "api/router.h"
#include "api/run_log.h"
#include "api/run_store.h"
#include "flow/engine.h"
#include "message/dispatcher.h"
#include "message/table.h"
#include "wiring/current.h"

namespace tenon::api {

/// The messages that have a route, each at its own; and `GET /v1/messages[/{name}]`, `/v1/calls`,
/// `/v1/errors[/{code}]`.
///
/// A message is made of the body (POST, PUT, PATCH) or the query (GET, DELETE), and of the parameters in the path, and
/// read strictly. What a run answers comes as 202 with the run's address, once the run is durable.
class MessagesApi {
 public:
  /// All but the wiring must outlive this. `store`, `requests`: null if runs are not recorded.
  MessagesApi(wiring::Current wiring, message::Dispatcher& dispatcher, flow::Engine& engine, RunLog& runs,
              RunStore* store, RequestLog* requests);

  void add_routes(Router& router) const;
  /// The messages' own routes. After all others, which they can't take the place of.
  void add_messages(Router& router, const std::shared_ptr<const message::MessageTable>& table) const;

 private:
  using Parameters = std::vector<std::string>;
  /// With its table.
  using Handled = std::shared_ptr<const message::HandledMessage>;
  struct Sending;
  [[nodiscard]] HttpResponse send(const HttpRequest& request, const Handled& known, const Parameters& parameters) const;
  /// Once for each key. Blocks.
  [[nodiscard]] HttpResponse send_once(const HttpRequest& request, Sending sending) const;
  [[nodiscard]] HttpResponse dispatch(Sending sending) const;
  [[nodiscard]] HttpResponse show(const std::string& name) const;
  [[nodiscard]] HttpResponse calls() const;
  [[nodiscard]] HttpResponse error(const std::string& code) const;
  /// The problem that an error of a service is: with the status and the remedy that its descriptor gives it.
  [[nodiscard]] HttpResponse refused(const ErrorCode& error) const;
  [[nodiscard]] HttpResponse started(std::uint64_t run, bool follow) const;
  [[nodiscard]] std::shared_ptr<const Caller> caller(uid_t user, const std::string& request) const;

  const wiring::Current wiring_;
  message::Dispatcher& dispatcher_;
  flow::Engine& engine_;
  RunLog& runs_;
  RunStore* const store_;
  RequestLog* const requests_;
  mutable std::mutex mutex_;
  mutable std::map<uid_t, std::string> names_;
};

/// The message's JSON by what the request holds. API.1011 and 1012 for the query and the path, JSON.… for the body.
[[nodiscard]] Result<Json> read_message(const HttpRequest& request, const message::HandledMessage& handled,
                                        const std::vector<std::string>& parameters);

/// A message as it is shown: `{name, description, service, plugin, command, role, timeout_ms, route, run, queue,
/// interceptors, schema, reply, place}`.
[[nodiscard]] Json message_json(const message::HandledMessage& message);

}  // namespace tenon::api
