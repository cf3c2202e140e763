#include "format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "api/json_text.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

/// Of a flow whose undo failed.
constexpr std::string_view kUndoFailed = "FLOW.1006";

std::string decimal(double value, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f %s" : "%.0f %s", value, unit);
  return text.data();
}

std::string two_units(long long large, const char* large_unit, long long small, const char* small_unit) {
  std::string text = std::to_string(large) + " " + large_unit;
  if (small > 0) text += " " + std::to_string(small) + " " + small_unit;
  return text;
}

std::string one_line(const Json& error) {
  std::string line = text_of(error, "code");
  for (const char* part : {"description", "details"}) {
    const std::string text = text_of(error, part);
    if (!text.empty()) line.append(line.empty() ? "" : ": ").append(text);
  }
  return harmless(line);
}

/// `flow (place)` of where it happened, or nothing.
std::string origin_of(const Json& error) {
  const Json* facts = error.find("elaboration");
  if (facts == nullptr || text_of(*facts, "flow").empty()) return {};
  const std::string place = text_of(*facts, "place");
  return harmless(text_of(*facts, "flow") + (place.empty() ? "" : " (" + place + ")"));
}

/// `told`: where the error that this one led to happened.
void append_error(const Json& error, const std::string& label, const std::string& indent, const std::string& told,
                  std::string& text) {
  text.append(indent).append(label).append(one_line(error));
  const std::string origin = origin_of(error);
  if (!origin.empty() && origin != told) text.append("\n").append(indent).append("  in flow ").append(origin);
  const Json* facts = error.find("elaboration");
  if (facts != nullptr && !text_of(*facts, "debt").empty()) {
    text.append("\n").append(indent).append("  owed as debt ").append(harmless(text_of(*facts, "debt")));
  }
  for (const Json& cause : list_of(error, "causes")) {
    text += "\n";
    const bool undo = text_of(cause, "code") == kUndoFailed;
    append_error(cause, undo ? "undo failed: " : "caused by: ", indent + "  ", origin, text);
  }
}

}  // namespace

std::string duration_text(double milliseconds) {
  if (milliseconds < 0.05) return "<0.1 ms";
  if (milliseconds < 999.5) return decimal(milliseconds, "ms");
  if (milliseconds < 59'950) return decimal(milliseconds / 1000, "s");
  const long long seconds = std::llround(milliseconds / 1000);
  if (seconds < 3600) return two_units(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86'400) return two_units(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return two_units(seconds / 86'400, "d", seconds % 86'400 / 3600, "h");
}

std::string Table::render(const Terminal& terminal) const {
  std::vector<std::size_t> widths;
  for (const std::string& title : header_) widths.push_back(display_width(title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  Terminal endless = terminal;
  endless.live = false;  // a table is not cut: a terminal wraps it
  std::string text;
  const auto append = [&](const std::vector<std::string>& row, Colour colour) {
    Line line;
    std::size_t column = 0;
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      line.pad(column).add(row[i].empty() ? "-" : harmless(row[i]), colour);
      column += std::max<std::size_t>(widths[i], 1) + 2;
    }
    text += line.render(endless) + "\n";
  };
  append(header_, Colour::kBold);
  for (const auto& row : rows_) append(row, Colour::kPlain);
  return text;
}

std::string facts_text(const std::vector<std::pair<std::string, std::string>>& facts, const Terminal& terminal) {
  std::size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, value.empty() ? 0 : display_width(name));
  std::string text;
  for (const auto& [name, value] : facts) {
    if (value.empty()) continue;
    text += coloured(name, Colour::kBold, terminal) + std::string(width + 2 - display_width(name), ' ');
    text += harmless(value) + "\n";
  }
  return text;
}

std::string heading_text(std::string_view text, const Terminal& terminal) {
  return "\n" + coloured(text, Colour::kBold, terminal) + "\n";
}

void print_answer(const Json& answer) {
  const bool reader = Terminal::of_stdout().live;
  std::cout << api::print_json(answer, reader ? api::JsonStyle::kIndented : api::JsonStyle::kCompact) << '\n';
}

void print_list(const Json& list, bool json, std::vector<std::string> header,
                const std::function<std::vector<std::string>(const Json& item)>& row) {
  if (json) return print_answer(list);
  Table table(std::move(header));
  if (list.as_array() != nullptr) {
    for (const Json& item : *list.as_array()) table.add(row(item));
  }
  std::cout << table.render(Terminal::of_stdout());
}

std::string error_text(const Json& error) {
  std::string text;
  append_error(error, "", "", "", text);
  return text;
}

}  // namespace tenon::cli
