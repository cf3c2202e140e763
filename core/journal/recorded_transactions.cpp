#include "journal/recorded_transactions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "flow/journal.h"
#include "journal/errors.h"
#include "journal/pending.h"
#include "journal/records.h"
#include "store/errors.h"

namespace tenon::journal {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{50};
constexpr milliseconds kLongestWait{2000};

/// The record of the step, in the transaction that is open.
Result<void> write_record(store::Connection& connection, const flow::TransactionalStep& step, std::int64_t node,
                          const std::vector<flow::DataEntry>& data) {
  using Kind = flow::JournalRecord::Kind;
  const bool undo = step.direction == flow::Direction::kUndo;
  const std::string text = undo ? std::string() : data_text(data);
  store::Batch batch;
  batch.fence = store::Fence{"node", "id", node};
  batch.writes.push_back(
      {store::RowWrite::Kind::kInsert,
       "chain_journal",
       {"run", "seq", "kind", "step", "attempt", "at", "data"},
       {static_cast<std::int64_t>(step.run), step.sequence, static_cast<int>(undo ? Kind::kUndone : Kind::kDone),
        step.step, step.attempt, microseconds_now(), text.empty() ? store::Parameter() : store::Parameter(text)}});
  const Result<store::BatchOutcome> written = connection.write(batch);
  if (!written) return written.error();
  if (!written->fence_held) {
    return make_error(kNotNow, "the run is not this node's any more", "another node has taken it over");
  }
  return {};
}

}  // namespace

Result<void> RecordedTransactions::run(const flow::TransactionalStep& step, const Work& work) {
  milliseconds pause = kFirstWait;
  while (true) {
    std::vector<flow::DataEntry> written;
    const auto kept = [&](StoreTransaction& transaction) -> Result<void> {
      Result<std::vector<flow::DataEntry>> done = work(transaction);
      if (!done) return std::move(done).error();
      written = std::move(done).value();
      return {};
    };
    Result<void> committed = step.sequence == 0
                                 ? plugin_store_.transaction(kept)
                                 : plugin_store_.transaction_with(kept, [&](store::Connection& connection) {
                                     return write_record(connection, step, node_, written);
                                   });
    if (committed || !store::is_transient(committed.error())) return committed;
    if (!wait(pause)) return committed;
    pause = std::min(2 * pause, kLongestWait);
    if (step.sequence == 0) continue;
    while (true) {
      const Result<bool> recorded = is_recorded(step);
      if (recorded && *recorded) return {};
      if (recorded) break;
      if (!store::is_transient(recorded.error()) || !wait(pause)) return recorded.error();
      pause = std::min(2 * pause, kLongestWait);
    }
  }
}

Result<bool> RecordedTransactions::is_recorded(const flow::TransactionalStep& step) {
  const Result<std::unique_ptr<store::Connection>> connection = store_.connect();
  if (!connection) return connection.error();
  const Result<store::Rows> rows = (*connection)
                                       ->query("SELECT seq FROM chain_journal WHERE run = $1 AND seq = $2",
                                               {static_cast<std::int64_t>(step.run), step.sequence});
  if (!rows) return rows.error();
  return !rows->empty();
}

bool RecordedTransactions::wait(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [&] { return stopped_; });
}

void RecordedTransactions::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

}  // namespace tenon::journal
