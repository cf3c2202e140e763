#pragma once

#include "descriptor/diagnostics.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::descriptor {

/// More than this in one file is an error, before it is read.
inline constexpr std::size_t kLargestFile = std::size_t{4} * 1024 * 1024;

/// The contents of a regular file. Anything else (a directory, a FIFO: never waited for), a file that cannot be read
/// and one over kLargestFile is an error at `blamed`: `complaint` with the reason. So is one that `refuse` has a reason
/// against, which sees it open.
[[nodiscard]] std::optional<std::string> read_regular_file(const std::filesystem::path& file, const Place& blamed,
                                                           const std::string& complaint, Diagnostics& diagnostics,
                                                           const std::function<std::string(int)>& refuse = {});

/// A text and the places in it. Refers to the text; does not own it.
class SourceText {
 public:
  /// A byte order mark of UTF-8 is passed over: the text begins after it.
  SourceText(std::string_view file, std::string_view text);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// `offset` may be the end of the text, not more.
  [[nodiscard]] Place place(std::size_t offset) const;

  /// Whether this is UTF-8 text without control characters; if not, there is one error that says what stands where.
  [[nodiscard]] bool check(Diagnostics& diagnostics) const;

 private:
  std::string file_;
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

/// How many bytes the UTF-8 character at the begin of `text` has; 0 if there is none (RFC 3629: no overlong forms, no
/// surrogates, nothing over U+10FFFF).
[[nodiscard]] std::size_t utf8_length(std::string_view text);
/// Appends `character` as UTF-8.
void append_utf8(std::string& text, char32_t character);

/// Without blanks, tabs and line ends around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace tenon::descriptor
