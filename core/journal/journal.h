#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "flow/journal.h"
#include "store/store.h"

/// The durable record of runs, in the tables of core/store/schema/002_journal.sql.
namespace tenon::journal {

struct JournalOptions {
  /// This start of the node: its row in the table `node` is the fence of all that is written.
  std::int64_t node = 0;
  /// The canonical text of a chain, by which it can be made again: `flow::definition_text`. Called once for each chain.
  std::function<std::string(const flow::Chain&)> definition_text;
  /// The node's row is gone: another node has taken over its runs. Called once, on a thread of the journal; nothing is
  /// written any more, and nobody is told of anything: the process is to end.
  std::function<void()> fenced = {};
  /// The store has become unavailable, or available again (an empty reason). On a thread of the journal; must not
  /// block.
  std::function<void(const std::string& reason)> availability = {};
  /// A batch is closed when it has this many records, or bytes.
  std::size_t most_records = 512;
  std::size_t most_bytes = std::size_t{1} << 20;
  /// A listener that takes longer than this is left to its thread, and another one goes on with the rest.
  std::chrono::milliseconds patience{1};
};

struct JournalState {
  /// The last attempt to write has succeeded, or there was none.
  bool available = true;
  /// Why not, and since when.
  std::string reason;
  std::chrono::system_clock::time_point since;
  bool fenced = false;
  /// Records that wait to be written.
  std::size_t queued = 0;
  /// Since the beginning. A record counts when it is durable.
  std::uint64_t commits = 0;
  std::uint64_t records = 0;
  /// How often a listener took so long that another thread went on with the rest.
  std::uint64_t takeovers = 0;
};

/// Writes what the engine appends, and tells it when that is durable.
///
/// One thread has the role of the writer: it takes all that is queued, commits it as one batch, calls the listeners of
/// that batch one after the other, and takes what has come meanwhile. So runs that work in lockstep share a commit, and
/// a run that works within `recorded` needs no other thread. If a listener keeps the writer for longer than
/// `patience`, a second thread takes over the role with all that is left.
///
/// While the store is away the batch is kept, and sent again when it is back (50 ms – 2 s between attempts), so that
/// what may have been committed is not written twice. A record that the store refuses is found by halving the batch;
/// its listener alone is refused.
///
/// Any thread may call, until `close`. The store outlives it.
class StoreJournal final : public flow::Journal {
 public:
  StoreJournal(store::Store& store, JournalOptions options);
  ~StoreJournal() override;
  StoreJournal(const StoreJournal&) = delete;
  StoreJournal& operator=(const StoreJournal&) = delete;

  void start(const flow::RunStart& start, flow::JournalListener& listener, std::uint64_t ticket) override;
  void append(const flow::JournalRecord& record, flow::JournalListener& listener, std::uint64_t ticket) override;

  /// Writes what is queued if the store is there, tells of it, and ends the threads. What is appended later, or could
  /// not be written, is forgotten, and its listeners hear nothing. Not from within a listener.
  void close();

  [[nodiscard]] JournalState state() const;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace tenon::journal
