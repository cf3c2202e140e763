#pragma once

#include <tenon/error.h>
#include <tenon/value.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::api {

/// What the body of a POST holds that starts a run or a drill.
struct RunBody {
  std::vector<std::pair<std::string, Value>> input;
  std::optional<std::chrono::milliseconds> grace;
};

/// `{"input": {KEY: JSON…}, "grace_ms": NUMBER}`; both may be left out, and there is a grace for drills only.
[[nodiscard]] Result<RunBody> read_run_body(const std::string& text, bool drill);

}  // namespace tenon::api
