#pragma once

#include <tenon/json.h>

#include <string>

#include "terminal.h"

/// What a node answers, whatever it is, for a reader.
namespace tenon::cli {

/// A value as a table shows it: lists with commas, nothing for null, objects as JSON.
[[nodiscard]] std::string cell_text(const Json& value);

/// Objects as a table, a column for each member that one of them has, in the order in which they come; other values a
/// line each.
[[nodiscard]] std::string list_text(const Json::Array& list, const Terminal& terminal);

/// A list as above; so is a page of one, with what brings the next; an object as names and values, and what it has of
/// lists of objects as tables below; any other value on a line.
[[nodiscard]] std::string answer_text(const Json& answer, const Terminal& terminal);

}  // namespace tenon::cli
