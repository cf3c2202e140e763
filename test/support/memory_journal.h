#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "flow/journal.h"
#include "flow/run.h"

namespace tenon::test {

/// A journal in memory, which can lose its process: from one record on it takes none and tells nobody, as after a
/// SIGKILL, until the runs that stand still are let go as ghosts.
class MemoryJournal final : public flow::Journal {
 public:
  using Kind = flow::JournalRecord::Kind;
  struct Line {
    Kind kind{};
    std::uint32_t sequence = 0;
    std::uint32_t step = 0;
    std::uint32_t attempt = 1;
    std::vector<std::pair<std::string, Json>> data;
    std::optional<ErrorCode> error;
    std::vector<std::uint32_t> begun;
    std::chrono::milliseconds wait{0};
  };
  struct History {
    std::vector<std::pair<std::string, Json>> input;
    std::vector<std::string> locks;
    std::vector<Line> lines;
    /// Number of lines at the beginning of each process.
    std::vector<std::size_t> taken_up;
    bool closed = false;
    std::optional<ErrorCode> outcome;
  };

  MemoryJournal() : thread_([this] { work(); }) {}
  ~MemoryJournal() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void start(const flow::RunStart& start, flow::JournalListener& listener, std::uint64_t ticket) override {
    std::lock_guard lock(mutex_);
    if (takes()) {
      History& run = runs_[start.run];
      run.input = json(start.input);
      run.locks.assign(start.locks.begin(), start.locks.end());
      chains_[start.run] = start.chain;
    }
    tell(listener, ticket);
  }

  void append(const flow::JournalRecord& record, flow::JournalListener& listener, std::uint64_t ticket) override {
    std::lock_guard lock(mutex_);
    if (takes()) {
      if (refuse && refuse(record)) {
        refused_.emplace_back(&listener, ticket);
        changed_.notify_all();
        return;
      }
      History& run = runs_[record.run];
      Line line{record.kind, record.sequence, record.step, record.attempt, json(record.data), {}, {}, record.wait};
      if (record.error != nullptr) line.error = *record.error;
      line.begun.assign(record.begun.begin(), record.begun.end());
      run.lines.push_back(std::move(line));
      for (const flow::DebtRecord& debt : record.debts) debts_[key(record.run, debt.step)] = debt.error->code;
      if (record.kind == Kind::kLateUndone) debts_.erase(key(record.run, record.step));
      if (record.closes) {
        run.closed = true;
        if (record.outcome != nullptr) run.outcome = *record.outcome;
      }
    }
    tell(listener, ticket);
  }

  /// After so many more records the process is lost; `lost` is called at that moment.
  void lose_after(std::size_t records, std::function<void()> lost = {}) {
    std::lock_guard lock(mutex_);
    left_ = records;
    on_lost_ = std::move(lost);
  }
  /// Waits until it is lost; false if all is told and nothing comes for a while.
  [[nodiscard]] bool lost() const {
    std::lock_guard lock(mutex_);
    return lost_;
  }
  /// Loses the process now.
  void lose() {
    std::lock_guard lock(mutex_);
    lose_now();
  }
  /// The runs of the lost process come to some end that nobody sees.
  void let_ghosts_go() {
    std::lock_guard lock(mutex_);
    ghosts_ = true;
    for (auto& held : held_) queue_.push_back(held);
    held_.clear();
    changed_.notify_all();
  }
  /// There is a process again.
  void begin_anew() {
    std::lock_guard lock(mutex_);
    lost_ = ghosts_ = false;
    for (auto& [id, history] : runs_) {
      if (!history.closed) history.taken_up.push_back(history.lines.size());
    }
    left_ = std::numeric_limits<std::size_t>::max();
  }

  [[nodiscard]] std::map<std::uint64_t, History> runs() const {
    std::lock_guard lock(mutex_);
    return runs_;
  }
  [[nodiscard]] History run(std::uint64_t id) const {
    std::lock_guard lock(mutex_);
    return runs_.at(id);
  }
  [[nodiscard]] std::map<std::string, std::string> debts() const {
    std::lock_guard lock(mutex_);
    return debts_;
  }
  /// The records of a run, a line each: `done 0 {"a":1}`.
  [[nodiscard]] std::vector<std::string> lines(std::uint64_t id) const;

  /// The run as it is to be taken up.
  [[nodiscard]] static flow::RecoveredRun recovered(std::uint64_t id, const History& history,
                                                    std::shared_ptr<const flow::Chain> chain);

  /// Set before the first record: which ones can't be written.
  std::function<bool(const flow::JournalRecord&)> refuse;

 private:
  using Told = std::pair<flow::JournalListener*, std::uint64_t>;

  static std::string key(std::uint64_t run, std::uint32_t step) {
    return flow::run_name(run) + ":" + std::to_string(step);
  }
  static std::vector<std::pair<std::string, Json>> json(std::span<const flow::DataEntry> data) {
    std::vector<std::pair<std::string, Json>> entries;
    for (const flow::DataEntry& entry : data) entries.emplace_back(std::string(entry.key.name), entry.value.json());
    return entries;
  }

  bool takes() {
    if (!lost_ && left_ == 0) lose_now();
    if (lost_) return false;
    --left_;
    return true;
  }
  void lose_now() {
    lost_ = true;
    if (on_lost_) on_lost_();
    changed_.notify_all();
  }
  void tell(flow::JournalListener& listener, std::uint64_t ticket) {
    if (lost_ && !ghosts_) {
      held_.emplace_back(&listener, ticket);
    } else {
      queue_.emplace_back(&listener, ticket);
      changed_.notify_all();
    }
  }
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return stop_ || !queue_.empty() || !refused_.empty(); });
      if (queue_.empty() && refused_.empty()) return;
      if (!refused_.empty()) {
        const Told told = refused_.front();
        refused_.pop_front();
        lock.unlock();
        told.first->refused(told.second, make_error("TEST.9", "can't be written"));
        lock.lock();
        continue;
      }
      const Told told = queue_.front();
      queue_.pop_front();
      if (lost_ && !ghosts_) {
        held_.push_back(told);
        continue;
      }
      lock.unlock();
      told.first->recorded(told.second);
      lock.lock();
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Told> queue_;
  std::deque<Told> refused_;
  std::vector<Told> held_;
  std::map<std::uint64_t, History> runs_;
  std::map<std::uint64_t, const flow::Chain*> chains_;
  std::map<std::string, std::string> debts_;
  std::size_t left_ = std::numeric_limits<std::size_t>::max();
  std::function<void()> on_lost_;
  bool lost_ = false;
  bool ghosts_ = false;
  bool stop_ = false;
  std::thread thread_;
};

inline std::vector<std::string> MemoryJournal::lines(std::uint64_t id) const {
  const History history = run(id);
  std::vector<std::string> lines;
  for (const Line& line : history.lines) {
    static constexpr const char* kKinds[] = {"?",       "done",         "failed", "undone",      "undo failed", "retry",
                                             "skipped", "rest skipped", "closed", "late undone", "back"};
    std::string text = kKinds[static_cast<std::size_t>(line.kind)];
    if (line.kind == Kind::kFailed || line.kind == Kind::kBack) {
      for (const std::uint32_t step : line.begun) text += " " + std::to_string(step);
    } else if (line.kind != Kind::kClosed) {
      text += " " + std::to_string(line.step);
    }
    for (const auto& entry : line.data) text += " " + entry.first;
    if (line.error) text += " " + line.error->code;
    lines.push_back(std::move(text));
  }
  if (history.closed) lines.back() += history.outcome ? ", the end: " + history.outcome->code : ", the end";
  return lines;
}

inline flow::RecoveredRun MemoryJournal::recovered(std::uint64_t id, const History& history,
                                                   std::shared_ptr<const flow::Chain> chain) {
  flow::RecoveredRun run;
  run.id = id;
  for (const auto& [name, value] : history.input) run.data.push_back({-1, name, Value::of<Json>(value)});
  run.course = chain->recovery == flow::Recovery::kResume ? flow::RecoveredRun::Course::kResume
                                                          : flow::RecoveredRun::Course::kUndo;
  run.chain = std::move(chain);
  const auto gone = [&](std::uint32_t step) {
    std::erase(run.done, step);
    std::erase(run.going_back, step);
    std::erase_if(run.data, [&](const auto& entry) { return entry.step == static_cast<std::int32_t>(step); });
  };
  for (const Line& line : history.lines) {
    run.sequence = std::max(run.sequence, line.sequence);
    std::erase_if(run.retries, [&](const auto& retry) { return retry.step == line.step; });
    switch (line.kind) {
      case Kind::kDone:
        gone(line.step);
        run.done.push_back(line.step);
        for (const auto& [name, value] : line.data) {
          run.data.push_back({static_cast<std::int32_t>(line.step), name, Value::of<Json>(value)});
        }
        break;
      case Kind::kFailed:
        run.course = flow::RecoveredRun::Course::kTurned;
        run.error = line.error;
        run.done = line.begun;
        break;
      case Kind::kBack:
        for (const std::uint32_t step : line.begun) run.going_back.push_back(step);
        break;
      case Kind::kUndoFailed:
        gone(line.step);
        // What it left must not be built upon.
        if (run.course == flow::RecoveredRun::Course::kResume) run.course = flow::RecoveredRun::Course::kUndo;
        break;
      case Kind::kUndone: gone(line.step); break;
      case Kind::kSkipped:
        if (run.course == flow::RecoveredRun::Course::kTurned) {
          gone(line.step);
        } else {
          run.skipped.push_back(line.step);
        }
        break;
      case Kind::kRestSkipped:
        run.course = flow::RecoveredRun::Course::kTurned;
        run.done.clear();
        break;
      case Kind::kRetry: run.retries.push_back({line.step, line.attempt + 1, line.wait}); break;
      case Kind::kClosed:
      case Kind::kLateUndone: break;
    }
  }
  return run;
}

}  // namespace tenon::test
