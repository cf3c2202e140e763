#include "api/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/problem.h"
#include "api/query.h"

namespace tenon::api {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                    [](const std::string& part, const std::string& segment) {
                      return is_parameter(part) ? !segment.empty() : part == segment;
                    });
}

std::vector<std::string> parameters_of(const std::vector<std::string>& pattern, std::vector<std::string> segments) {
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_parameter(pattern[i])) parameters.push_back(std::move(segments[i]));
  }
  return parameters;
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, std::string_view summary, Handler handler) {
  routes_.push_back(
      {{std::string(method), std::string(pattern), std::string(summary)}, split(pattern), std::move(handler)});
}

std::vector<Router::Description> Router::descriptions() const {
  std::vector<Description> descriptions;
  for (const Route& route : routes_) descriptions.push_back(route.description);
  return descriptions;
}

HttpResponse Router::route(const HttpRequest& request) const {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find_first_of("?#"));
  if (!path.starts_with('/')) return problem(400, "the target is no path: '" + request.target + "'");
  std::vector<std::string> segments = split(path);
  for (std::string& segment : segments) {
    std::optional<std::string> text = percent_decoded(segment);
    if (!text) return problem(400, "the path can't be decoded: '" + request.target + "'");
    segment = std::move(*text);
  }

  std::string allowed;
  for (const Route& route : routes_) {
    if (!fits(route.segments, segments)) continue;
    if (route.description.method == request.method) {
      return route.handler(request, parameters_of(route.segments, std::move(segments)));
    }
    allowed.append(allowed.empty() ? "" : ", ").append(route.description.method);
  }
  if (allowed.empty()) return problem(404, "there is nothing at '" + std::string(path) + "'");
  HttpResponse response = problem(405, "'" + request.method + "' is not for '" + std::string(path) + "'");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace tenon::api
