#pragma once

#include <memory>
#include <string>

#include "api/http.h"
#include "api/router.h"
#include "config/property_table.h"

namespace tenon::api {

/// Global properties: `GET /v1/properties`, and `GET /v1/properties/{name}` with all that was given to one.
class PropertiesApi {
 public:
  explicit PropertiesApi(std::shared_ptr<const config::PropertyTable> properties)
      : properties_(std::move(properties)) {}

  void add_routes(Router& router) const;

 private:
  [[nodiscard]] HttpResponse show(const std::string& name) const;

  const std::shared_ptr<const config::PropertyTable> properties_;
};

}  // namespace tenon::api
