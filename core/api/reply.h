#pragma once

#include <sys/types.h>
#include <tenon/error.h>
#include <tenon/json.h>

#include <functional>
#include <string>
#include <string_view>

#include "api/http.h"

/// What handlers of the API have in common.
namespace tenon::api {

[[nodiscard]] HttpResponse reply(const Json& body, unsigned status = 200);
/// 404: `there is no run 'x'`.
[[nodiscard]] HttpResponse no_such(std::string_view what, const std::string& name);
/// An answer that is found on another thread, as it may block.
[[nodiscard]] HttpResponse reply_later(std::function<HttpResponse()> work);

/// The problem that an error of the engine, the journal or the store is; 503 comes with `Retry-After`.
[[nodiscard]] HttpResponse failure(const ErrorCode& error);
/// The same with another status, and with what can be done about it unless that is empty.
[[nodiscard]] HttpResponse failure(const ErrorCode& error, unsigned status, const std::string& remedy);
/// Its status: 400 and 422 for what is asked wrongly, 404, 409 for what is not in the state for it, 503 for a store
/// that is away or has no room, 500 for the rest.
[[nodiscard]] unsigned status_of(const ErrorCode& error);

/// The body as an object. JSON.1001 if it is none, JSON.1006–1008 if it is no JSON.
[[nodiscard]] Result<Json> read_object(const std::string& body);
[[nodiscard]] bool is_json(std::string_view content_type);
/// The answer is to be a stream of events.
[[nodiscard]] bool wants_events(const HttpRequest& request);

/// Who is at the other end of the socket: the user's name, or `uid 1000` if there is none. May block.
[[nodiscard]] std::string user_name(uid_t user);
/// Whether the user may do what is for administrators: root, and the user that the node runs as.
[[nodiscard]] bool is_administrator(uid_t user);

}  // namespace tenon::api
