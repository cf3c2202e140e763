#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/engine.h"
#include "journal/stored_value.h"

/// The form in which the journal keeps data and errors: JSON text. A byte that is not UTF-8 becomes the replacement
/// character.
namespace tenon::journal {

enum class WithSteps : std::uint8_t { kNo, kYes };

/// `[[key, type id as 16 hex digits, value], …]`, with the step that wrote it as a fourth element if it is asked for;
/// nothing if there is no data.
[[nodiscard]] std::string data_text(std::span<const flow::DataEntry> data, WithSteps steps = WithSteps::kNo);
/// Adds the values; `step` wrote those that do not say which. JOURNAL.1006 if the text is none that `data_text` gives.
[[nodiscard]] Result<void> read_values(std::string_view text, std::int32_t step, std::vector<StoredValue>& values);

[[nodiscard]] std::string error_text(const ErrorCode& error);
/// The error; JOURNAL.1006 in its place if the text is none that `error_text` gives.
[[nodiscard]] ErrorCode read_error(std::string_view text);

/// What a record that is not kDone says, beside its columns; nothing if that is all.
struct RecordNote {
  /// As JSON text; empty: none.
  std::string error;
  std::vector<std::uint32_t> begun;
  std::int64_t wait = 0;
};
[[nodiscard]] std::string note_text(const ErrorCode* error, std::span<const std::uint32_t> begun, std::int64_t wait);
/// JOURNAL.1006 if the text is none that `note_text` gives.
[[nodiscard]] Result<RecordNote> read_note(std::string_view text);

/// `["a", "b"]`; nothing if there are none.
[[nodiscard]] std::string names_text(std::span<const std::string> names);
[[nodiscard]] Result<std::vector<std::string>> read_names(std::string_view text);

/// Text that every store takes: bytes that are not UTF-8, and NUL, are replaced.
[[nodiscard]] std::string clean_text(std::string_view text);

}  // namespace tenon::journal
