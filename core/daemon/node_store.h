#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/settings.h"
#include "store/migrations.h"
#include "store/store.h"

namespace tenon::daemon {

/// The migrations of core and of all plugins that the settings' folders have.
[[nodiscard]] Result<std::vector<store::MigrationSet>> find_migrations(const Settings& settings);

/// The store of a running node: open, with all migrations applied and the node in its table `node`, from which it is
/// removed in the end. Looks every few seconds whether the store answers.
class NodeStore {
 public:
  /// Errors are those of `open_store` and of migrations.
  [[nodiscard]] static Result<std::unique_ptr<NodeStore>> open(const Settings& settings);
  /// Applies the migrations that plugins have brought since. The main thread.
  [[nodiscard]] Result<void> migrate(const Settings& settings);
  ~NodeStore();
  NodeStore(const NodeStore&) = delete;
  NodeStore& operator=(const NodeStore&) = delete;

  /// `{engine, place, node, state}`: `open`, or `unreachable` with the `error`. As it was found last. Any thread.
  [[nodiscard]] Json status() const;
  [[nodiscard]] store::Store& store() const noexcept { return *store_; }
  /// This start of the node; never given twice.
  [[nodiscard]] std::int64_t node() const noexcept { return node_; }
  /// The newest run that is recorded; 0 if there is none.
  [[nodiscard]] std::uint64_t last_run() const noexcept { return last_run_; }

 private:
  NodeStore(std::unique_ptr<store::Store> store, std::int64_t node, std::uint64_t last_run);
  /// [thread_]
  void watch();
  /// [thread_] Whether the store answers; connects again if need be.
  [[nodiscard]] Result<void> ask();
  void note(const Result<void>& answer);
  void remove_node();

  const std::unique_ptr<store::Store> store_;
  const std::int64_t node_;
  const std::uint64_t last_run_;
  /// [thread_] Null until it is needed, and when it is lost.
  std::unique_ptr<store::Connection> connection_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  /// Empty: the store answers.
  std::string error_;
  std::thread thread_;
};

}  // namespace tenon::daemon
