#include "api/problem.h"

#include <utility>

#include "api/json_text.h"

namespace tenon::api {
namespace {

HttpResponse respond(unsigned status, Json body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = print_json(body);
  return response;
}

Json members(unsigned status, std::string detail) {
  return Json::object()
      .add("type", "about:blank")
      .add("title", status_title(status))
      .add("status", status)
      .add("detail", std::move(detail));
}

}  // namespace

Json error_json(const ErrorCode& error) {
  Json json = Json::object();
  json.add("code", error.code);
  if (!error.description.empty()) json.add("description", error.description);
  if (!error.details.empty()) json.add("details", error.details);
  if (!error.elaboration.empty()) {
    Json facts = Json::object();
    for (const auto& [name, value] : error.elaboration) facts.add(name, value);
    json.add("elaboration", std::move(facts));
  }
  if (!error.causes.empty()) {
    Json causes = Json::array();
    for (const ErrorCode& cause : error.causes) causes.push(error_json(cause));
    json.add("causes", std::move(causes));
  }
  return json;
}

HttpResponse problem(unsigned status, std::string detail) {
  return respond(status, members(status, std::move(detail)));
}

HttpResponse problem(unsigned status, const ErrorCode& error, const std::string& remedy) {
  std::string detail = error.description;
  if (!error.details.empty()) detail.append(detail.empty() ? "" : ": ").append(error.details);
  Json body = members(status, std::move(detail));
  body.add("code", error.code);
  if (!remedy.empty()) body.add("remedy", remedy);
  if (!error.causes.empty()) {
    Json errors = Json::array();
    for (const ErrorCode& cause : error.causes) errors.push(error_json(cause));
    body.add("errors", std::move(errors));
  }
  return respond(status, std::move(body));
}

std::string_view status_title(unsigned status) {
  switch (status) {
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Payload Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Entity";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

}  // namespace tenon::api
