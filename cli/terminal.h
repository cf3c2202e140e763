#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::cli {

enum class Colour { kPlain, kDim, kBold, kGreen, kRed, kYellow, kCyan };

/// What standard output can show.
struct Terminal {
  /// It is a terminal that can move its cursor.
  bool live = false;
  /// NO_COLOR is honoured.
  bool colours = false;
  bool utf8 = false;
  std::size_t width = 80;
  std::size_t height = 24;

  [[nodiscard]] static Terminal of_stdout();
  /// Asks for the size again.
  void measure();
};

/// A line made of pieces, each in its colour.
class Line {
 public:
  Line& add(std::string_view text, Colour colour = Colour::kPlain);
  /// Blanks up to this column.
  Line& pad(std::size_t column);
  /// The line, cut at the terminal's width if it is live.
  [[nodiscard]] std::string render(const Terminal& terminal) const;

 private:
  struct Piece {
    std::string text;
    Colour colour;
  };
  std::vector<Piece> pieces_;
  std::size_t width_ = 0;
};

/// Columns that a text takes: one for each character of UTF-8.
[[nodiscard]] std::size_t display_width(std::string_view text);

[[nodiscard]] std::string coloured(std::string_view text, Colour colour, const Terminal& terminal);

/// Text that came from elsewhere, without characters that would steer the terminal.
[[nodiscard]] std::string harmless(std::string_view text);

}  // namespace tenon::cli
