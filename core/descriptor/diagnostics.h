#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::descriptor {

/// Where a definition stands. Lines and columns count from 1, columns in bytes; 0 means the whole file.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  /// `web.xml:12:5`, or `web.xml` for the whole file.
  [[nodiscard]] std::string to_string() const;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the zero of the generated comparison for a pointer.
  friend auto operator<=>(const Place&, const Place&) = default;
};

enum class Severity : std::uint8_t { kWarning, kError };

/// One thing that is wrong, and where.
struct Diagnostic {
  Severity severity;
  Place place;
  std::string message;

  /// `web.xml:12:5: error: unknown element 'ben'`.
  [[nodiscard]] std::string to_string() const;
};

/// Collects what is wrong with one load. Not thread-safe.
///
/// No more than kMostListed are kept, and one more that says so: a hostile file could have millions of mistakes.
class Diagnostics {
 public:
  static constexpr std::size_t kMostListed = 1000;

  void error(Place place, std::string message);
  void warning(Place place, std::string message);
  /// All that another one has.
  void append(Diagnostics other);

  [[nodiscard]] bool has_errors() const noexcept { return errors_ > 0; }
  /// All, also those that are not kept.
  [[nodiscard]] std::size_t errors() const noexcept { return errors_; }
  /// Whether what comes now is not kept any more: there is no use in looking for it.
  [[nodiscard]] bool full() const noexcept { return list_.size() > kMostListed; }
  /// All of them, sorted by file, line and column; equal places in the order they came.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;

 private:
  void add(Severity severity, Place place, std::string message);

  std::vector<Diagnostic> list_;
  std::size_t errors_ = 0;
};

/// ` (did you mean 'NAME'?)` if one candidate is near enough to be a slip of the fingers, else nothing.
[[nodiscard]] std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates);

}  // namespace tenon::descriptor
