#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"

namespace tenon::api {

/// Which handler answers which method and path. Built once, then read by any thread.
class Router {
 public:
  /// The parameters are what stands in the place of each `{…}`, decoded.
  using Handler = std::function<HttpResponse(const HttpRequest& request, const std::vector<std::string>& parameters)>;

  /// A route as the node describes it (openapi.h).
  struct Description {
    std::string method;
    std::string pattern;
    /// What it does, in a few words.
    std::string summary;
  };

  /// `pattern`: `/v1/chains/{name}/runs`; a `{…}` takes one whole segment. Where two routes fit, the first one answers.
  void add(std::string_view method, std::string_view pattern, std::string_view summary, Handler handler);

  /// Of all routes, in the order in which they were added.
  [[nodiscard]] std::vector<Description> descriptions() const;

  /// 404 for a path that no pattern fits, 405 with `Allow` for another method, 400 for a path that can't be decoded.
  /// The query is not looked at.
  [[nodiscard]] HttpResponse route(const HttpRequest& request) const;

 private:
  struct Route {
    Description description;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace tenon::api
