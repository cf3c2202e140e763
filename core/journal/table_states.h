#pragma once

#include <cstdint>

/// What numbers in the tables stand for: see core/store/schema/002_journal.sql.
namespace tenon::journal {

/// Of chain_run. What is below kEnded has not ended.
inline constexpr int kLive = 1;
inline constexpr int kParked = 2;
inline constexpr int kEnded = 8;
inline constexpr int kSucceeded = 8;
inline constexpr int kFailed = 9;

/// Of debt: DebtState.
inline constexpr int kDebtOpen = 1;
inline constexpr int kDebtAwaited = 2;
inline constexpr int kDebtTaken = 3;
inline constexpr int kDebtPaid = 8;
inline constexpr int kDebtSettled = 9;

/// In microseconds.
inline constexpr std::int64_t kFirstDebtWait = 10'000'000;

}  // namespace tenon::journal
