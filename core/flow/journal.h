#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/chain.h"
#include "flow/engine.h"

/// What the engine asks of whoever keeps the durable record of its runs. The room `journal` does, in the store.
namespace tenon::flow {

/// Told of the end of what it appended.
class JournalListener {
 public:
  /// It is durable. Comes on a thread of the journal, without locks; may work on the run for as long as it pleases and
  /// append from within. Never comes from within `start` or `append`.
  virtual void recorded(std::uint64_t ticket) noexcept = 0;
  /// It can't be written, whatever is tried (a value that no store takes): nothing of it is kept. Comes in place of
  /// `recorded`. That the store is away is no such reason: then neither comes until it is back.
  virtual void refused(std::uint64_t ticket, const ErrorCode& error) noexcept = 0;

 protected:
  ~JournalListener() = default;
};

/// A run before its first step. What it refers to is read during the call only.
struct RunStart {
  std::uint64_t run = 0;
  const Chain* chain = nullptr;
  std::span<const DataEntry> input;
  /// Names of the locks that it takes.
  std::span<const std::string> locks;
  /// RunRequest::start_key; empty if it has none.
  std::string_view key = {};
};

/// An undo that failed for good, or that may come to nothing as its flow was still at work: with all that is needed to
/// try it again. Unique by run and step.
struct DebtRecord {
  std::uint32_t step = 0;
  const ErrorCode* error = nullptr;
  /// What the flow sees in its undo.
  std::span<const DataEntry> data;
  /// The flow had not answered when it was undone: while its process lives, its answer is waited for and it is undone
  /// once more, which settles or renews the debt.
  bool awaited = false;
};

/// What has become of one run at one point. What it refers to is read during the call only.
struct JournalRecord {
  enum class Kind : std::uint8_t {
    kDone = 1,         ///< a step has done its work; `data` is what it wrote
    kFailed = 2,       ///< the run turns back for good, because of `error`; `begun` is what it undoes
    kUndone = 3,       ///< a step was undone
    kUndoFailed = 4,   ///< the undo of a step has failed for good, with `error`; comes with a debt
    kRetry = 5,        ///< the attempt `attempt` of a step has failed with `error`; the next one is due after `wait`
    kSkipped = 6,      ///< an operator leaves out a step, forward, or its undo
    kRestSkipped = 7,  ///< a step was undone, and what was begun before it is left as it is
    kClosed = 8,       ///< nothing but the end
    kBack = 10,        ///< a part is to be tried again, because of `error`; `begun` is what it undoes before
    kLateUndone = 9,   ///< a step that had not answered was undone once more: its debt is settled
  };
  std::uint64_t run = 0;
  /// Its number within the run, from 1. Those of branches that are at work at once may become durable in another order.
  std::uint32_t sequence = 0;
  Kind kind = Kind::kDone;
  std::uint32_t step = 0;
  std::uint32_t attempt = 1;
  std::span<const DataEntry> data;
  const ErrorCode* error = nullptr;
  /// Of kFailed and kBack, in the order in which they began.
  std::span<const std::uint32_t> begun;
  std::chrono::milliseconds wait{0};
  /// Written together with the record.
  std::span<const DebtRecord> debts;
  /// The run ends with this record.
  bool closes = false;
  /// Why it fails; null: it has succeeded.
  const ErrorCode* outcome = nullptr;
};

/// Keeps runs so that they survive the process. Any thread; different runs at once, and branches of one.
class Journal {
 public:
  virtual ~Journal() = default;
  /// What the listener appends for one run becomes durable in the order of the calls. The listener lives until it was
  /// told.
  virtual void start(const RunStart& start, JournalListener& listener, std::uint64_t ticket) = 0;
  virtual void append(const JournalRecord& record, JournalListener& listener, std::uint64_t ticket) = 0;
  /// Whether a value can be kept: one that has no JSON form can't.
  [[nodiscard]] static bool keeps(const Value& value) noexcept { return value.has_json(); }
};

}  // namespace tenon::flow
