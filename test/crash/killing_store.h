#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "kill_points.h"
#include "store/store.h"

namespace tenon::crash {

/// A store with kill points before and after all that it makes durable.
class KillingStore final : public store::Store {
 public:
  KillingStore(std::unique_ptr<store::Store> inner, KillPoints& points) : inner_(std::move(inner)), points_(points) {}

  [[nodiscard]] std::string engine() const override { return inner_->engine(); }
  [[nodiscard]] std::string place() const override { return inner_->place(); }
  Result<std::unique_ptr<store::Connection>> connect() override;

  /// Says of the next batch of records that it is durable, and forgets it.
  void lose_a_batch() { lose_.store(true); }

 private:
  const std::unique_ptr<store::Store> inner_;
  KillPoints& points_;
  std::atomic<bool> lose_{false};
};

}  // namespace tenon::crash
