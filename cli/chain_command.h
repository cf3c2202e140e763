#pragma once

#include <string>

#include "api_client.h"

/// The commands that show and drill chains.
namespace tenon::cli {

void list_chains(const ApiClient& client, bool json);

/// The expanded chain as a table.
void show_chain(const ApiClient& client, const std::string& name, bool json);

/// The chain as a drawing, to a file or, if `output` is empty, to standard output. `format`: `dot`, or `svg`, which
/// Graphviz makes; without Graphviz, DOT with a note on standard error.
void draw_chain(const ApiClient& client, const std::string& name, const std::string& format, const std::string& output);

/// Drills a chain with this input (see read_input): it fails once at each step in each way, and what is left behind is
/// shown. A drill that finds something is a Failure.
void drill_chain(const ApiClient& client, const std::string& name, const std::string& input, bool json);

}  // namespace tenon::cli
