#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tenon::cli {

/// Runs a program of PATH, without a shell: gives it `input` and takes what it writes to standard output; its standard
/// error is ours. Nothing if there is no such program. Throws Failure if it fails, or takes longer than `limit`: then
/// it is killed.
[[nodiscard]] std::optional<std::string> run_program(const std::vector<std::string>& command, const std::string& input,
                                                     std::chrono::milliseconds limit);

}  // namespace tenon::cli
