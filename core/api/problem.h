#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <string>
#include <string_view>

#include "api/http.h"

namespace tenon::api {

/// `{code, description, details, causes, elaboration}`, causes in the same form; what is empty is left out.
[[nodiscard]] Json error_json(const ErrorCode& error);

/// An error as RFC 9457 has it: `application/problem+json` with `status` and `detail`.
[[nodiscard]] HttpResponse problem(unsigned status, std::string detail);
/// The same with the error's `code`, its causes as `errors`, and the `remedy` if there is one.
[[nodiscard]] HttpResponse problem(unsigned status, const ErrorCode& error, const std::string& remedy = {});

/// The reason phrase: `Not Found`.
[[nodiscard]] std::string_view status_title(unsigned status);

}  // namespace tenon::api
