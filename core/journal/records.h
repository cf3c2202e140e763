#pragma once

#include <tenon/error.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/engine.h"
#include "journal/stored_value.h"

/// The form in which the journal keeps data and errors: JSON text. A byte that is not UTF-8 becomes the replacement
/// character.
namespace tenon::journal {

/// `[[key, type id as 16 hex digits, step, value], …]`; empty if there are none.
[[nodiscard]] std::string data_text(std::span<const flow::DataEntry> data);
/// JOURNAL.1006 if the text is none that `data_text` gives.
[[nodiscard]] Result<std::vector<StoredValue>> stored_values(std::string_view text);

[[nodiscard]] std::string error_text(const ErrorCode& error);
/// JOURNAL.1006 if the text is none that `error_text` gives.
[[nodiscard]] Result<ErrorCode> stored_error(std::string_view text);

}  // namespace tenon::journal
