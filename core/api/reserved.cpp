#include "api/reserved.h"

namespace tenon::api {

wiring::Reserved reserved_names() {
  wiring::Reserved reserved;
  reserved.paths = {"/openapi.json", "/v1/calls",      "/v1/chains", "/v1/config",     "/v1/debts",
                    "/v1/drivers",   "/v1/errors",     "/v1/events", "/v1/extensions", "/v1/messages",
                    "/v1/plugins",   "/v1/properties", "/v1/runs",   "/v1/status",     "/v1/tags"};
  reserved.commands = {
      "call list",        "chain drill",    "chain list",    "chain show",     "check",        "config explain",
      "config get",       "config list",    "config reset",  "config set",     "debt list",    "debt retry",
      "debt settle",      "debt show",      "driver list",   "error list",     "error show",   "event list",
      "event watch",      "extension list", "message list",  "message show",   "new plugin",   "plugin disable",
      "plugin enable",    "plugin list",    "plugin reload", "plugin remove",  "plugin show",  "plugin verify",
      "property explain", "property get",   "property list", "property reset", "property set", "run",
      "runs cancel",      "runs list",      "runs show",     "runs watch",     "status",       "store copy",
      "store migrate",    "store status",   "tag add",       "tag list",       "tag patterns", "tag remove"};
  return reserved;
}

}  // namespace tenon::api
