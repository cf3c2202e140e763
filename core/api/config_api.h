#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/http.h"
#include "api/router.h"
#include "config/configs.h"

namespace tenon::api {

/// Global config: `GET /v1/config?category=`, `GET /v1/config/{category}/{name}[/explain]?kind=&id=`, `PUT` with
/// `{value, resource: {kind, id}}` and `DELETE ?kind=&id=`. With a resource it is about the value for that one.
class ConfigApi {
 public:
  explicit ConfigApi(std::shared_ptr<config::Configs> configs) : configs_(std::move(configs)) {}

  void add_routes(Router& router) const;

 private:
  using Parameters = std::vector<std::string>;
  [[nodiscard]] HttpResponse list(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse show(const HttpRequest& request, const Parameters& names, bool explain) const;
  [[nodiscard]] HttpResponse set(const HttpRequest& request, const Parameters& names) const;
  [[nodiscard]] HttpResponse reset(const HttpRequest& request, const Parameters& names) const;

  const std::shared_ptr<config::Configs> configs_;
};

/// Reads a resource of the query's `kind` and `id`, both or none. API.1011, 1012.
[[nodiscard]] Result<std::optional<ResourceRef>> read_resource(const HttpRequest& request);
/// The same of a JSON object `{kind, id}` at `path`. JSON.1001, 1004, 1005.
[[nodiscard]] Result<ResourceRef> read_resource(const Json& json, const std::string& path);
[[nodiscard]] Json resource_json(const ResourceRef& resource);

}  // namespace tenon::api
