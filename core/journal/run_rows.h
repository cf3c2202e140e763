#pragma once

#include <tenon/error.h>

#include <string>

#include "journal/runs.h"
#include "store/rows.h"

namespace tenon::journal {

/// `SELECT … FROM chain_run r LEFT JOIN chain_definition d … `: what `run_summary` reads, and then the input.
[[nodiscard]] std::string run_columns();
inline constexpr int kInputColumn = 11;

[[nodiscard]] Result<RunSummary> run_summary(const store::Row& row);

}  // namespace tenon::journal
