#pragma once

#include <tenon/error.h>
#include <tenon/value.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/chain_drill.h"
#include "api/http.h"
#include "api/run_log.h"
#include "flow/engine.h"
#include "wiring/current.h"

namespace tenon::api {

struct DrillRequest {
  std::shared_ptr<const flow::Chain> chain;
  /// For each run: each is undone, so the next one may have the same.
  std::vector<std::pair<std::string, Value>> input;
  /// How long flows are waited for that were undone without their answer.
  std::chrono::milliseconds grace = std::chrono::seconds(60);
};

/// The drills of a node: each on a thread of its own, one of a chain at a time; the latest of each chain is kept. What
/// is on the devices is told by the extensions of tenon.ResourceProbe/1. Any thread may call.
class Drills {
 public:
  /// The engine and the log must outlive this.
  Drills(wiring::Current wiring, flow::Engine& engine, RunLog& runs)
      : wiring_(std::move(wiring)), engine_(engine), runs_(runs) {}
  /// Lets the runs that the drills are at come to their ends, and no more begin.
  ~Drills();
  Drills(const Drills&) = delete;
  Drills& operator=(const Drills&) = delete;

  /// A drill on its way.
  struct Job {
    explicit Job(std::shared_ptr<DrillRecord> its_record) : record(std::move(its_record)) {}
    const std::shared_ptr<DrillRecord> record;
    /// Once set, the drill ends with the run that it is at.
    std::atomic<bool> stop{false};
  };

  /// Null if a drill of this chain is under way.
  std::shared_ptr<Job> start(DrillRequest request);
  /// The latest of a chain, or null.
  [[nodiscard]] std::shared_ptr<DrillRecord> latest(const std::string& chain) const;

 private:
  struct Entry {
    std::shared_ptr<Job> job;
    std::thread thread;
  };
  const wiring::Current wiring_;
  flow::Engine& engine_;
  RunLog& runs_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // by chain
};

/// The events of a drill. A drill is for who asked for it: when the reader goes away, it ends with the run that it is
/// at, which is undone.
class DrillEvents final : public EventSource, public RunWatcher, public std::enable_shared_from_this<DrillEvents> {
 public:
  explicit DrillEvents(std::shared_ptr<Drills::Job> job) : job_(std::move(job)) {}
  DrillEvents(const DrillEvents&) = delete;
  DrillEvents& operator=(const DrillEvents&) = delete;
  ~DrillEvents() override { job_->stop = true; }

  std::string take() override;
  bool ended() const override { return cursor_.ended; }
  void notify(std::function<void()> wake) override;
  void changed() noexcept override { wake_(); }

 private:
  const std::shared_ptr<Drills::Job> job_;
  DrillRecord::Cursor cursor_;
  std::function<void()> wake_;  // set before the record knows of this watcher
};

}  // namespace tenon::api
