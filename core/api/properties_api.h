#pragma once

#include <memory>
#include <string>

#include "api/http.h"
#include "api/router.h"
#include "config/property_table.h"
#include "wiring/current.h"

namespace tenon::api {

/// Global properties: `GET /v1/properties`, and `GET /v1/properties/{name}` with all that was given to one.
class PropertiesApi {
 public:
  explicit PropertiesApi(wiring::Current wiring) : wiring_(std::move(wiring)) {}

  void add_routes(Router& router) const;

 private:
  [[nodiscard]] HttpResponse show(const std::string& name) const;

  const wiring::Current wiring_;
};

}  // namespace tenon::api
