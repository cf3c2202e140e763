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

  /// `pattern`: `/v1/chains/{name}/runs`; a `{…}` takes one whole segment.
  void add(std::string_view method, std::string_view pattern, Handler handler);

  /// 404 for a path that no pattern fits, 405 with `Allow` for another method, 400 for a path that can't be decoded.
  /// The query is not looked at.
  [[nodiscard]] HttpResponse route(const HttpRequest& request) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace tenon::api
