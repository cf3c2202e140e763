#include "journal/journal.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "journal/batch_writer.h"
#include "journal/definition_cache.h"
#include "journal/pending.h"

namespace tenon::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Listeners are told for so long before what has come meanwhile is written, so that many slow ones do not keep it.
constexpr milliseconds kLongestTelling{2};
/// A thread that has seen nothing happen so often, each time for `patience`, stops watching.
constexpr int kQuietLooks = 100;
/// Of these all but one may be kept by listeners.
constexpr std::size_t kMostThreads = 64;
/// What was told is removed from the list in pieces of this size.
constexpr std::size_t kPiece = 4096;

}  // namespace

/// The queue and the threads. One thread holds the role of the writer at a time; the others are spare. One of these
/// watches the holder while there is something to do, and takes the role over if a listener keeps it.
class StoreJournal::Writer {
 public:
  Writer(store::Store& store, JournalOptions options)
      : options_(std::move(options)),
        definitions_(options_.definition_text),
        writer_(store, options_.node,
                {[this](milliseconds time) { return wait_for_store(time); },
                 [this](const std::string& reason) { note_availability(reason); },
                 [this](std::size_t records) { count(records); }}) {
    const std::lock_guard lock(mutex_);
    add_thread();
    add_thread();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void start(const flow::RunStart& start, flow::JournalListener& listener, std::uint64_t ticket) {
    enqueue(pending_start(start, definitions_.of(*start.chain)), listener, ticket);
  }

  void enqueue(Pending&& pending, flow::JournalListener& listener, std::uint64_t ticket) {
    pending.listener = &listener;
    pending.ticket = ticket;
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      if (closing_ || state_.fenced) return;
      queue_.push_back(std::move(pending));
      wake = needs_wake();
    }
    if (wake) changed_.notify_one();
  }

  void close() {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      threads.swap(threads_);
    }
    changed_.notify_all();
    retry_.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  [[nodiscard]] JournalState state() const {
    const std::lock_guard lock(mutex_);
    JournalState state = state_;
    state.queued = queue_.size() - taken_;
    return state;
  }

 private:
  /// Who is to be told, and of what.
  struct Told {
    flow::JournalListener* listener;
    std::uint64_t ticket;
    std::unique_ptr<ErrorCode> refusal;
  };
  using Lock = std::unique_lock<std::mutex>;

  // ---- under the mutex --------------------------------------------------------------------------------------------

  void add_thread() {
    threads_.emplace_back([this] { work(); });
    ++spare_;
  }
  [[nodiscard]] bool has_queued() const { return taken_ < queue_.size(); }
  [[nodiscard]] bool has_told() const { return next_told_ < told_.size(); }
  [[nodiscard]] bool has_work() const { return has_queued() || has_told(); }

  /// Whether a spare thread is to look at what has changed.
  bool needs_wake() {
    if (!held_) return !std::exchange(called_, true);
    return telling_ && needs_watch();
  }

  /// Whether a spare thread is to be called to watch the holder.
  bool needs_watch() {
    if (watched_ || spare_ == 0) return false;
    alert_ = true;
    return true;
  }

  void forget_all() {
    queue_.clear();
    taken_ = 0;
    told_.clear();
    next_told_ = 0;
  }

  // ---- threads of the journal -------------------------------------------------------------------------------------

  void work() {
    Lock lock(mutex_);
    while (wait_for_role(lock)) {
      --spare_;
      hold_role(lock);
      ++spare_;
    }
  }

  /// False: the thread is to end.
  bool wait_for_role(Lock& lock) {
    while (true) {
      if (!held_ && has_work() && !state_.fenced) return true;
      if (!held_ && closing_) return false;
      if (watched_ || !alert_) {
        changed_.wait(lock);
      } else if (watch(lock)) {
        return true;
      }
    }
  }

  /// Looks for a while whether anything happens. True: the holder is kept by a listener, and this thread takes over.
  bool watch(Lock& lock) {
    watched_ = true;
    const std::uint64_t seen = progress_;
    const bool over = changed_.wait_for(lock, options_.patience) == std::cv_status::timeout;
    watched_ = false;
    if (!over) return false;
    if (progress_ != seen) {
      quiet_ = 0;
      return false;
    }
    if (held_ && telling_ && has_work()) {
      ++state_.takeovers;
      // There must be one that takes over from this one.
      if (spare_ == 1 && threads_.size() < kMostThreads && !closing_) add_thread();
      return true;
    }
    if (++quiet_ >= kQuietLooks) {
      quiet_ = 0;
      alert_ = false;
    }
    return false;
  }

  /// Writes and tells until there is nothing to do, or another thread has taken over.
  void hold_role(Lock& lock) {
    const std::uint64_t role = ++role_;
    held_ = true;
    called_ = false;
    while (has_work()) {
      if (!tell(lock, role)) return;
      if (has_queued()) write(lock);
      if (state_.fenced) break;
    }
    held_ = false;
    telling_ = false;
    changed_.notify_one();
    if (closing_) changed_.notify_all();
  }

  /// False: another thread has taken over.
  bool tell(Lock& lock, std::uint64_t role) {
    telling_ = true;
    ++progress_;
    if (has_told() && needs_watch()) changed_.notify_one();
    const auto begin = steady_clock::now();
    while (has_told()) {
      const Told told = std::move(told_[next_told_++]);
      ++progress_;
      lock.unlock();
      if (told.refusal) {
        told.listener->refused(told.ticket, *told.refusal);
      } else {
        told.listener->recorded(told.ticket);
      }
      lock.lock();
      if (role_ != role) return false;
      if (has_queued() && has_told() && steady_clock::now() - begin > kLongestTelling) break;
    }
    if (!has_told() || next_told_ >= kPiece) {
      told_.erase(told_.begin(), told_.begin() + static_cast<std::ptrdiff_t>(next_told_));
      next_told_ = 0;
    }
    telling_ = false;
    ++progress_;
    return true;
  }

  void write(Lock& lock) {
    take_batch();
    lock.unlock();
    BatchWriter::Outcome outcome = writer_.write(batch_);
    const bool fenced = outcome.end == BatchWriter::End::kFenced;
    lock.lock();
    if (outcome.end == BatchWriter::End::kWritten) {
      note_told(outcome);
    } else {
      state_.fenced = state_.fenced || fenced;
      closing_ = closing_ || !fenced;
      forget_all();
    }
    batch_.clear();
    if (!fenced || !options_.fenced) return;
    lock.unlock();
    options_.fenced();
    lock.lock();
  }

  /// Moves the next batch out of the queue.
  void take_batch() {
    const std::span<const Pending> waiting(queue_.data() + taken_, queue_.size() - taken_);
    const std::size_t size = batch_size(waiting, options_.most_records, options_.most_bytes, scratch_);
    const auto first = queue_.begin() + static_cast<std::ptrdiff_t>(taken_);
    batch_.assign(std::make_move_iterator(first), std::make_move_iterator(first + static_cast<std::ptrdiff_t>(size)));
    taken_ += size;
    if (taken_ == queue_.size() || taken_ >= kPiece) {
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(taken_));
      taken_ = 0;
    }
  }

  void note_told(BatchWriter::Outcome& outcome) {
    auto refused = outcome.refused.begin();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      Told told{batch_[i].listener, batch_[i].ticket, nullptr};
      if (refused != outcome.refused.end() && refused->first == i) {
        told.refusal = std::make_unique<ErrorCode>(std::move(refused->second));
        ++refused;
      }
      told_.push_back(std::move(told));
    }
  }

  // ---- hooks of the batch writer: on the holder's thread ----------------------------------------------------------

  bool wait_for_store(milliseconds time) {
    Lock lock(mutex_);
    return !retry_.wait_for(lock, time, [this] { return closing_; });
  }

  void note_availability(const std::string& reason) {
    {
      const std::lock_guard lock(mutex_);
      state_.available = reason.empty();
      state_.reason = reason;
      state_.since = std::chrono::system_clock::now();
    }
    if (options_.availability) options_.availability(reason);
  }

  void count(std::size_t records) {
    const std::lock_guard lock(mutex_);
    ++state_.commits;
    state_.records += records;
  }

  const JournalOptions options_;
  DefinitionCache definitions_;
  /// Of the holder of the role.
  BatchWriter writer_;
  std::vector<Pending> batch_;
  std::unordered_set<std::int64_t> scratch_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable retry_;
  /// From `taken_` on.
  std::vector<Pending> queue_;
  std::size_t taken_ = 0;
  /// From `next_told_` on.
  std::vector<Told> told_;
  std::size_t next_told_ = 0;
  JournalState state_;
  bool closing_ = false;
  /// A thread has the role; which one is told by the number.
  bool held_ = false;
  std::uint64_t role_ = 0;
  /// The holder is at listeners, and not at the store.
  bool telling_ = false;
  /// Goes up with all that the holder does.
  std::uint64_t progress_ = 0;
  /// A spare thread was called for what is queued, and none has come yet.
  bool called_ = false;
  /// A spare thread is to watch the holder; one does so now; how often it has seen nothing happen.
  bool alert_ = false;
  bool watched_ = false;
  int quiet_ = 0;
  /// Threads that do not hold the role, and are not kept by a listener.
  std::size_t spare_ = 0;
  std::vector<std::thread> threads_;
};

StoreJournal::StoreJournal(store::Store& store, JournalOptions options)
    : writer_(std::make_unique<Writer>(store, std::move(options))) {}

StoreJournal::~StoreJournal() { close(); }

void StoreJournal::start(const flow::RunStart& start, flow::JournalListener& listener, std::uint64_t ticket) {
  writer_->start(start, listener, ticket);
}

void StoreJournal::append(const flow::JournalRecord& record, flow::JournalListener& listener, std::uint64_t ticket) {
  writer_->enqueue(pending_record(record), listener, ticket);
}

void StoreJournal::close() { writer_->close(); }

JournalState StoreJournal::state() const { return writer_->state(); }

}  // namespace tenon::journal
