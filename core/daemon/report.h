#pragma once

#include <tenon/json.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descriptor/diagnostics.h"
#include "descriptor/words.h"

/// What a check or a start has found, for people and for programs.
namespace tenon::daemon {

using descriptor::counted;

/// All that is wrong, a line each: `file:line:column: error: message`. With errors, a last line `N errors, M warnings`.
[[nodiscard]] std::string diagnostics_text(const descriptor::Diagnostics& diagnostics);

/// `{ok, errors, warnings, diagnostics: [{severity, file, line, column, message}], counts}`; counts only if there are
/// no errors.
[[nodiscard]] Json diagnostics_json(const descriptor::Diagnostics& diagnostics,
                                    const std::vector<std::pair<std::string_view, std::size_t>>& counts);

}  // namespace tenon::daemon
