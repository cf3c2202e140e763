#include "api/run_body.h"

#include <tenon/json.h>

#include <cstdint>

#include "api/reply.h"

namespace tenon::api {
namespace {

constexpr std::chrono::milliseconds kLongestGrace = std::chrono::hours(1);

}  // namespace

Result<RunBody> read_run_body(const std::string& text, bool drill) {
  Result<Json> json = read_object(text);
  if (!json) return std::move(json).error();
  RunBody body;
  for (const auto& [name, value] : *json->as_object()) {
    if (name == "input") {
      if (value.as_object() == nullptr) return detail::mismatch("$.input", "object", value);
      for (const auto& [key, item] : *value.as_object()) body.input.emplace_back(key, Value::of<Json>(item));
    } else if (drill && name == "grace_ms") {
      const std::int64_t* grace = value.as_int();
      if (grace == nullptr || *grace < 0 || *grace > kLongestGrace.count()) {
        return make_error("JSON.1002", "number out of range",
                          "$.grace_ms: expected a whole number from 0 to " + std::to_string(kLongestGrace.count()));
      }
      body.grace = std::chrono::milliseconds(*grace);
    } else {
      return make_error("JSON.1004", "unknown member", "$." + name);
    }
  }
  return body;
}

}  // namespace tenon::api
