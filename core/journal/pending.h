#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flow/journal.h"

namespace tenon::journal {

struct KnownDefinition;

/// A debt as its row has it. Its flow and plugin are what the error's elaboration says (`flow`, `plugin`), the event
/// that makes it due is `retry_on` there.
struct PendingDebt {
  std::string key;
  std::uint32_t step = 0;
  std::string flow;
  std::string plugin;
  bool awaited = false;
  std::string on_event;
  std::string error;
  std::string data;
};

/// What was appended, as it waits to be written: bytes of its own.
struct Pending {
  /// What few have.
  struct More {
    std::vector<std::string> tags;
    std::string locks;
    /// Of the beginning of a run: what no other run began with.
    std::string key;
    std::vector<PendingDebt> debts;
    /// The debt that is settled.
    std::string settled;
    /// Of a run that fails.
    std::string outcome_code;
    std::string outcome;
  };

  flow::JournalListener* listener = nullptr;
  std::uint64_t ticket = 0;
  std::int64_t run = 0;
  /// Of the beginning of a run; null: a record.
  KnownDefinition* definition = nullptr;
  /// Microseconds since 1970 UTC.
  std::int64_t at = 0;
  std::uint32_t sequence = 0;
  std::uint32_t step = 0;
  std::uint32_t attempt = 1;
  flow::JournalRecord::Kind kind = flow::JournalRecord::Kind::kDone;
  bool closes = false;
  bool fails = false;
  /// JSON text, or empty.
  std::string data;
  std::unique_ptr<More> more;

  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Whether it touches a row that another one of the same run may touch, too: these must not be in one batch.
  [[nodiscard]] bool stands_alone() const noexcept { return definition != nullptr || closes || more != nullptr; }
};

[[nodiscard]] std::int64_t microseconds_now();

[[nodiscard]] Pending pending_start(const flow::RunStart& start, KnownDefinition& definition);
[[nodiscard]] Pending pending_record(const flow::JournalRecord& record);

}  // namespace tenon::journal
