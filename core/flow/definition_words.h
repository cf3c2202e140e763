#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// Words of the text of a definition that its writer and its reader must agree on.
namespace tenon::flow::definition_words {

inline constexpr const char* kFormat = "format";
inline constexpr std::uint32_t kFormatNumber = 1;

/// By value of Recovery, and of StepSide.
inline constexpr std::array<std::string_view, 2> kRecoveries{"rollback", "resume"};
inline constexpr std::array<std::string_view, 2> kSides{"run", "release"};

/// Ops, each followed by an index: `step 3`. A scope, a parallel and a branch reach up to their end.
inline constexpr std::string_view kStep = "step";
inline constexpr std::string_view kCheck = "check";
inline constexpr std::string_view kScope = "scope";
inline constexpr std::string_view kParallel = "parallel";
/// Without an index.
inline constexpr std::string_view kBranch = "branch";
inline constexpr std::string_view kEnd = "end";

}  // namespace tenon::flow::definition_words
