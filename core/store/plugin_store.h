#pragma once

#include <tenon/store.h>

#include <chrono>
#include <cstddef>
#include <functional>

#include "store/connection_pool.h"
#include "store/store.h"

namespace tenon::store {

struct PluginStoreOptions {
  /// So many transactions may be open at once; more wait.
  std::size_t connections = 8;
  /// How long they wait for one of these places.
  std::chrono::milliseconds patience{5000};
  /// How often a transaction is tried that the store fails in a way that may pass.
  int attempts = 5;
  /// Before the second attempt; doubled for each one after it.
  std::chrono::milliseconds backoff{10};
  /// Called after each commit, on the thread of the transaction. Must not block or throw.
  std::function<void()> committed = {};
};

/// The store as plugins have it. Any thread may call; the store must outlive it.
class PluginStore final : public StoreHost {
 public:
  /// What the node adds to a plugin's transaction before it is committed.
  using Finish = std::function<Result<void>(Connection&)>;

  explicit PluginStore(Store& store, PluginStoreOptions options = {})
      : options_(options), pool_(store, options.connections) {}

  Result<void> transaction(const Work& work) override;
  Result<void> read(const Work& work) override;
  /// As `transaction`, and `finish` in the same one if `work` succeeded: both become durable, or neither.
  [[nodiscard]] Result<void> transaction_with(const Work& work, const Finish& finish);

 private:
  struct Attempt {
    Result<void> result;
    /// Whether another attempt may succeed, and nothing of this one is kept.
    bool again = false;
  };
  [[nodiscard]] Result<void> repeated(Access access, const Work& work, const Finish& finish);
  [[nodiscard]] Attempt attempt(Access access, const Work& work, const Finish& finish);

  const PluginStoreOptions options_;
  ConnectionPool pool_;
};

}  // namespace tenon::store
