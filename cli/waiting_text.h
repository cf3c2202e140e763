#pragma once

#include <tenon/json.h>

#include <string>

/// What a run waits for, in words. Each takes an object of the API that has `waiting`, and `holders` if there are any.
namespace tenon::cli {

/// `waits for lock vm:17, held by run 0abc…, 12 s`. `what`: the name of the lock or limit; a negative time is unknown.
[[nodiscard]] std::string waiting_sentence(const Json& waits, const std::string& what, double waited_ms);

/// `lock vm:1 held by 0abc… 12 s`, for the cell of a table.
[[nodiscard]] std::string waiting_cell(const Json& waits, const std::string& what, double waited_ms);

}  // namespace tenon::cli
