#pragma once

#include <tenon/message.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/clock.h"
#include "flow/engine.h"
#include "message/table.h"

namespace tenon::message {

struct DispatcherOptions {
  /// Threads for handlers and interceptors that block.
  std::size_t threads = 16;
  /// Null: real time.
  std::shared_ptr<flow::Clock> clock = {};
};

/// A call that has no answer yet.
struct CallReport {
  std::string message;
  std::string handler;
  std::string caller;
  std::chrono::milliseconds age{};
  /// Its key, if it has one; whether it waits for it, and for whom then.
  std::string key;
  bool waits = false;
  std::vector<std::string> behind;
};

class DispatcherCore;

/// Brings messages to their services. Made before the first plugin is loaded and gone after the last one; messages are
/// taken between `open` and `close`. Any thread.
///
/// Interceptors and handlers that do not block are called on the thread that asks; those that may, on threads for that,
/// unless the asking thread waits for the answer anyway.
class Dispatcher final : public MessageHost {
 public:
  /// Starts a run, as Engine::post does.
  using StartRun = std::function<Result<std::uint64_t>(flow::RunRequest request)>;

  explicit Dispatcher(DispatcherOptions options = {});
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// From now on messages are taken. Once.
  void open(std::shared_ptr<const MessageTable> table, StartRun start_run);
  /// From now on messages go by this table; calls under way are finished by the one that they began with.
  void set_table(std::shared_ptr<const MessageTable> table);
  /// From now on none is taken; calls without an answer get MESSAGE.1006. Returns when no handler is called any more on
  /// a thread of this dispatcher.
  void close();

  /// Null before `open`.
  [[nodiscard]] std::shared_ptr<const MessageTable> table() const;

  PendingCall ask(Value message, CallOptions options, Done done) override;
  Result<Value> call(Value message, CallOptions options) override;

  /// Calls that have no answer yet, but for those that are in a handler which does not answer later; the oldest first.
  [[nodiscard]] std::vector<CallReport> pending() const;

 private:
  const std::shared_ptr<DispatcherCore> core_;
};

}  // namespace tenon::message
