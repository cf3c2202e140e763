#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/http.h"
#include "api/router.h"
#include "config/tags.h"
#include "wiring/current.h"

namespace tenon::api {

/// System tags: `GET /v1/tags?kind=&id=&pattern=`, `GET /v1/tags/patterns`, `POST /v1/tags` with `{resource: {kind,
/// id}, tag}`, `DELETE /v1/tags?kind=&id=&tag=`. In the store of the node that this code belongs to.
class TagsApi {
 public:
  explicit TagsApi(wiring::Current wiring) : wiring_(std::move(wiring)) {}

  void add_routes(Router& router) const;

 private:
  [[nodiscard]] HttpResponse list(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse patterns() const;
  [[nodiscard]] HttpResponse add(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse remove(const HttpRequest& request) const;

  const wiring::Current wiring_;
};

}  // namespace tenon::api
