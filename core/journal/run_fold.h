#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <string_view>

#include "flow/journal.h"
#include "journal/recovery.h"

namespace tenon::journal {

/// A record as its row has it.
struct RecordRow {
  std::uint32_t sequence = 0;
  flow::JournalRecord::Kind kind = flow::JournalRecord::Kind::kDone;
  std::uint32_t step = 0;
  std::uint32_t attempt = 1;
  std::int64_t at = 0;
  std::string_view data;
};

/// Brings the run forward by its next record. JOURNAL.1006 if it can't be read.
[[nodiscard]] Result<void> fold(LiveRun& run, const RecordRow& record);
/// … by what an operator did.
void fold(LiveRun& run, Action action);

}  // namespace tenon::journal
