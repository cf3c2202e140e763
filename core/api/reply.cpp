#include "api/reply.h"

#include <pwd.h>
#include <tenon/described.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/json_text.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/request_log.h"
#include "config/errors.h"
#include "journal/errors.h"
#include "message/errors.h"
#include "store/errors.h"

namespace tenon::api {
namespace {

constexpr std::string_view kRetryAfterSeconds = "5";

struct StatusOf {
  std::string_view code;
  unsigned status;
};
constexpr std::array<StatusOf, 47> kStatuses{{
    {kUnknownParameter, 400},
    {kBadParameter, 400},
    {"JSON.1001", 400},
    {"JSON.1002", 400},
    {"JSON.1003", 400},
    {"JSON.1004", 400},
    {"JSON.1005", 400},
    {"JSON.1006", 400},
    {"JSON.1007", 400},
    {"JSON.1008", 400},
    {journal::kBadFilter, 400},
    {journal::kNoSuchRun, 404},
    {journal::kNotNow, 409},
    {journal::kNoSuchDebt, 409},
    {"FLOW.1004", 409},
    {"FLOW.1011", 503},
    {"FLOW.1012", 422},
    {"FLOW.1013", 422},
    {"FLOW.1015", 422},
    {"FLOW.1041", 409},
    {"FLOW.1042", 409},
    {"FLOW.1043", 422},
    {"FLOW.1044", 409},
    {store::kUnreachable, 503},
    {store::kConnectionLost, 503},
    {store::kBusy, 503},
    {store::kDiskFull, 503},
    {journal::kNotYet, 503},
    {message::kNoService, 404},
    {message::kTimeout, 504},
    {message::kCancelled, 503},
    {message::kStopping, 503},
    {message::kBadField, 400},
    {message::kQueueStuck, 503},
    {message::kForbidden, 403},
    {kKeyReused, 422},
    {kKeyInUse, 409},
    {kBadKey, 400},
    {config::kNoSuchConfig, 404},
    {config::kBadValue, 400},
    {config::kNotForResource, 400},
    {config::kNoStore, 503},
    {config::kNoSuchTag, 400},
    {config::kBadToken, 400},
    {config::kNoSuchPattern, 404},
    {config::kInherent, 409},
    {config::kTakenAtOnce, 409},
}};

}  // namespace

HttpResponse reply(const Json& body, unsigned status) {
  HttpResponse response;
  response.status = status;
  response.body = print_json(body);
  return response;
}

HttpResponse no_such(std::string_view what, const std::string& name) {
  return problem(404, "there is no " + std::string(what) + " '" + name + "'");
}

HttpResponse reply_later(std::function<HttpResponse()> work) {
  HttpResponse response;
  response.work = std::move(work);
  return response;
}

unsigned status_of(const ErrorCode& error) {
  const auto* found = std::find_if(kStatuses.begin(), kStatuses.end(),
                                   [&](const StatusOf& status) { return status.code == error.code; });
  return found != kStatuses.end() ? found->status : 500;
}

HttpResponse failure(const ErrorCode& error) { return failure(error, status_of(error), {}); }

HttpResponse failure(const ErrorCode& error, unsigned status, const std::string& remedy) {
  HttpResponse response = problem(status, error, remedy);
  if (response.status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

Result<Json> read_object(const std::string& body) {
  Result<Json> json = parse_json(body);
  if (json && json->as_object() == nullptr) return detail::mismatch("$", "object", *json);
  return json;
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type.empty() || type == "application/json";
}

bool wants_events(const HttpRequest& request) { return request.accept == "text/event-stream"; }

bool is_administrator(uid_t user) { return user == 0 || user == ::geteuid(); }

std::string user_name(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16 * 1024> buffer{};
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return entry.pw_name;
  return "uid " + std::to_string(user);
}

}  // namespace tenon::api
