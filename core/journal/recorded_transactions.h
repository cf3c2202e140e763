#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "flow/transactions.h"
#include "store/plugin_store.h"

namespace tenon::journal {

/// Transactions of flows, each with the record of its step: both become durable, or neither. While the store is away
/// they wait until it is back. What may have been committed is looked up before it is tried again, so that it takes
/// effect once. Any thread.
class RecordedTransactions final : public flow::Transactions {
 public:
  /// `node`: the fence, as of StoreJournal.
  RecordedTransactions(store::Store& store, store::PluginStore& plugin_store, std::int64_t node)
      : store_(store), plugin_store_(plugin_store), node_(node) {}

  Result<void> run(const flow::TransactionalStep& step, const Work& work) override;
  /// Nothing is waited for any more: what waits for the store fails with its error.
  void stop();

 private:
  /// Whether the record of the step is there.
  [[nodiscard]] Result<bool> is_recorded(const flow::TransactionalStep& step);
  /// False: it is stopped.
  [[nodiscard]] bool wait(std::chrono::milliseconds time);

  store::Store& store_;
  store::PluginStore& plugin_store_;
  const std::int64_t node_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
};

}  // namespace tenon::journal
