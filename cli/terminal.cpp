#include "terminal.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace tenon::cli {
namespace {

std::string_view escape(Colour colour) {
  switch (colour) {
    case Colour::kPlain: return "";
    case Colour::kDim: return "\x1b[2m";
    case Colour::kBold: return "\x1b[1m";
    case Colour::kGreen: return "\x1b[32m";
    case Colour::kRed: return "\x1b[31m";
    case Colour::kYellow: return "\x1b[33m";
    case Colour::kCyan: return "\x1b[36m";
  }
  return "";
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::string_view cut(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  for (std::size_t taken = 0; at < text.size(); ++at) {
    if (continues_character(text[at])) continue;
    if (taken++ == columns) break;
  }
  return text.substr(0, at);
}

}  // namespace

Terminal Terminal::of_stdout() {
  Terminal terminal;
  const std::string_view type = variable("TERM");
  terminal.live = ::isatty(STDOUT_FILENO) == 1 && !type.empty() && type != "dumb";
  terminal.colours = terminal.live && variable("NO_COLOR").empty();
  terminal.utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  terminal.measure();
  return terminal;
}

void Terminal::measure() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return;
  if (size.ws_col > 0) width = size.ws_col;
  if (size.ws_row > 0) height = size.ws_row;
}

Line& Line::add(std::string_view text, Colour colour) {
  pieces_.push_back({std::string(text), colour});
  width_ += display_width(text);
  return *this;
}

Line& Line::pad(std::size_t column) { return width_ < column ? add(std::string(column - width_, ' ')) : *this; }

std::string Line::render(const Terminal& terminal) const {
  std::string line;
  std::size_t left = terminal.live ? terminal.width - 1 : static_cast<std::size_t>(-1);
  for (const Piece& piece : pieces_) {
    const std::string_view text = cut(piece.text, left);
    line += coloured(text, piece.colour, terminal);
    left -= display_width(text);
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const char byte : text) width += continues_character(byte) ? 0 : 1;
  return width;
}

std::string coloured(std::string_view text, Colour colour, const Terminal& terminal) {
  if (!terminal.colours || colour == Colour::kPlain || text.empty()) return std::string(text);
  return std::string(escape(colour)).append(text).append("\x1b[0m");
}

std::string harmless(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    result += (byte < 0x20 && letter != '\n') || byte == 0x7f ? '?' : letter;
  }
  return result;
}

}  // namespace tenon::cli
