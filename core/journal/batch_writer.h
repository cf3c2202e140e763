#pragma once

#include <tenon/error.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "journal/pending.h"
#include "store/store.h"

namespace tenon::journal {

struct KnownDefinition;

/// Makes records durable, on a connection of its own. For one thread at a time.
class BatchWriter {
 public:
  struct Hooks {
    /// Waits before another attempt. False: there is to be none.
    std::function<bool(std::chrono::milliseconds)> wait;
    /// The store has become unavailable for this reason, or available again (empty).
    std::function<void(const std::string& reason)> availability;
    /// A commit of so many records is durable.
    std::function<void(std::size_t records)> committed;
  };
  enum class End : std::uint8_t {
    kWritten,  ///< all, but for those that are refused
    kFenced,   ///< the node's row is gone
    kStopped   ///< there is to be no further attempt
  };
  struct Outcome {
    End end = End::kWritten;
    /// By their place among the records.
    std::vector<std::pair<std::size_t, ErrorCode>> refused;
  };

  BatchWriter(store::Store& store, std::int64_t node, Hooks hooks)
      : store_(store), node_(node), hooks_(std::move(hooks)) {}

  /// Returns when all are durable or refused, however long the store is away; before that only as the outcome says. One
  /// commit, but for what is refused.
  [[nodiscard]] Outcome write(std::span<const Pending> records);

 private:
  /// Tables that a batch writes to, and how.
  enum Write : std::size_t { kRuns, kRecords, kCloses, kTags, kKeys, kDebts, kRenewals, kSettled, kWrites };

  End write_range(std::span<const Pending> records, std::size_t first, bool again, Outcome& outcome);
  /// One attempt. `again`: a part of it may be there already. False: the fence is gone.
  [[nodiscard]] Result<bool> attempt(std::span<const Pending> records, bool again);
  [[nodiscard]] Result<bool> attempt_with_definitions(const store::Batch& batch, std::span<const Pending> records);
  [[nodiscard]] Result<void> write_definitions(std::span<KnownDefinition* const> definitions);
  [[nodiscard]] Result<void> connect();
  void note(const std::string& reason);

  void fill(std::span<const Pending> records);
  void add_start(const Pending& record);
  void add_record(const Pending& record);
  void add_close(const Pending& record);
  void add_debt(const Pending& record, const PendingDebt& debt);

  store::Store& store_;
  const std::int64_t node_;
  const Hooks hooks_;
  std::unique_ptr<store::Connection> connection_;
  /// Kept for their memory.
  std::array<std::vector<store::Parameter>, kWrites> values_;
  std::vector<KnownDefinition*> unconfirmed_;
  std::string reason_;
};

/// How many of the records, from the first, may be written as one batch.
[[nodiscard]] std::size_t batch_size(std::span<const Pending> records, std::size_t most_records, std::size_t most_bytes,
                                     std::unordered_set<std::int64_t>& scratch);

}  // namespace tenon::journal
