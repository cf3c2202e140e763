#pragma once

#include <string>

#include "api/http.h"
#include "api/router.h"
#include "api/run_store.h"

namespace tenon::api {

/// Undos that failed: `GET /v1/debts?state=&run=&plugin=&chain=&limit=&after=`, `GET /v1/debts/{key}`, `POST
/// /v1/debts/{key}/retry` with `{why}` and `POST /v1/debts/{key}/settle` with `{reason}`.
class DebtsApi {
 public:
  /// The store, which must outlive this, may be null: there are no debts then.
  explicit DebtsApi(RunStore* store) : store_(store) {}

  void add_routes(Router& router) const;

 private:
  [[nodiscard]] HttpResponse list(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse show(const std::string& key) const;
  [[nodiscard]] HttpResponse retry(const HttpRequest& request, const std::string& key) const;
  [[nodiscard]] HttpResponse settle(const HttpRequest& request, const std::string& key) const;
  /// What is answered when something was done to a debt, or could not be. [may block]
  [[nodiscard]] HttpResponse answer(const std::string& key, const Result<void>& done) const;

  RunStore* const store_;
};

}  // namespace tenon::api
