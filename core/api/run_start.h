#pragma once

#include <tenon/error.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "api/http.h"
#include "flow/engine.h"

namespace tenon::api {

/// Whether a run that was asked for is durable yet. Any thread.
class RunStart {
 public:
  enum class State {
    kWaits,    ///< for the journal
    kDurable,  ///< or it needs no journal
    kRefused,  ///< it has ended before it could be: nothing of it is kept
  };
  /// Sets `accepted` and `done` of the request; what is there as `done` is called first.
  static std::shared_ptr<RunStart> watch(flow::RunRequest& request);

  [[nodiscard]] State state() const;
  /// Of kRefused.
  [[nodiscard]] ErrorCode error() const;
  /// Calls `wake` once it no longer waits: at once if it does not. Once.
  void notify(std::function<void()> wake);

 private:
  void settle(State state, const std::optional<ErrorCode>& error);

  mutable std::mutex mutex_;
  State state_ = State::kWaits;
  std::optional<ErrorCode> error_;
  std::function<void()> wake_;
};

}  // namespace tenon::api
