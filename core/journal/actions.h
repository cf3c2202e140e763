#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

/// What operators did to runs and debts: durable before it takes effect, and kept with the run.
namespace tenon::journal {

enum class Verb : std::uint8_t {
  kCancel = 1,
  kPause = 2,
  kResume = 3,
  kRetry = 4,
  kSkipStep = 5,
  kMarkDone = 6,
  kUnpark = 7,
  kRetryDebt = 8,
  kSettleDebt = 9,
};

/// `cancel`, `pause`, `resume`, `retry`, `skip-step`, `mark-done`, `unpark`, `retry-debt`, `settle-debt`.
[[nodiscard]] std::string_view verb_name(Verb verb);
[[nodiscard]] std::optional<Verb> verb_of_name(std::string_view name);

struct Action {
  std::uint64_t run = 0;
  Verb verb = Verb::kCancel;
  std::string who;
  std::string why;
  /// What the verb needs to be known by: of kSkipStep and kMarkDone `step` and `data`; of debts `debt`.
  Json detail;
  /// Microseconds since 1970 UTC; filled in when it is recorded.
  std::int64_t at = 0;
};

/// Records them all, durably, or none. In the transaction that is open, if one is.
[[nodiscard]] Result<void> record_actions(store::Connection& connection, std::span<const Action> actions);
/// A row of `run, at, who, verb, why, detail`.
[[nodiscard]] Result<Action> read_action(const store::Row& row);
/// Of one run, in order.
[[nodiscard]] Result<std::vector<Action>> read_actions(store::Connection& connection, std::uint64_t run);

}  // namespace tenon::journal
