#pragma once

#include <tenon/error.h>

#include <string>
#include <string_view>
#include <utility>

/// The errors of the journal.
namespace tenon::journal {

inline constexpr std::string_view kNoSuchRun = "JOURNAL.1001";
/// A value's type is not what the chain's flows declare for its key.
inline constexpr std::string_view kTypeChanged = "JOURNAL.1002";
inline constexpr std::string_view kNoSuchDefinition = "JOURNAL.1003";
inline constexpr std::string_view kBadFilter = "JOURNAL.1004";
/// The chain has no such step.
inline constexpr std::string_view kNoSuchStep = "JOURNAL.1005";
/// What is recorded can't be read: another program has written it, or the store is damaged.
inline constexpr std::string_view kUnreadable = "JOURNAL.1006";

/// The run is not in a state in which this can be done to it.
inline constexpr std::string_view kNotNow = "JOURNAL.1007";
inline constexpr std::string_view kNoSuchDebt = "JOURNAL.1008";
/// What an operator asked for waits for the store: it is done when that is back, unless the process ends before.
inline constexpr std::string_view kNotYet = "JOURNAL.1009";

[[nodiscard]] inline ErrorCode unreadable(std::string details) {
  return make_error(kUnreadable, "a record of the journal can't be read", std::move(details));
}

}  // namespace tenon::journal
