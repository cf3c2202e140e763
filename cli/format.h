#pragma once

#include <tenon/json.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "terminal.h"

namespace tenon::cli {

/// `<0.1 ms`, `0.4 ms`, `12 ms`, `3.2 s`, `2 min 5 s`, `3 h 12 min`, `2 d 3 h`.
[[nodiscard]] std::string duration_text(double milliseconds);

/// Rows under a header, columns aligned; nothing in the place of an empty cell but a `-`.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string render(const Terminal& terminal) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// Names and values, the values aligned; without those that have no value.
[[nodiscard]] std::string facts_text(const std::vector<std::pair<std::string, std::string>>& facts,
                                     const Terminal& terminal);

/// The line above a part of an answer, after an empty one.
[[nodiscard]] std::string heading_text(std::string_view text, const Terminal& terminal);

/// Prints what a node answered as it is: on one line, or indented for a reader at a terminal.
void print_answer(const Json& answer);

/// Prints a list that a node answered: as it is, or as a table with a row an element.
void print_list(const Json& list, bool json, std::vector<std::string> header,
                const std::function<std::vector<std::string>(const Json& item)>& row);

/// An error of a run on several lines: `CODE: description: details`, where it happened, what led to it, and each undo
/// that failed.
[[nodiscard]] std::string error_text(const Json& error);

}  // namespace tenon::cli
