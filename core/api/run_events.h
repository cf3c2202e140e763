#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/http.h"
#include "api/run_record.h"
#include "flow/engine.h"

namespace tenon::api {

/// The events of one run as a stream: all of it as it is now, what follows, its end. A step that waits for what other
/// runs hold tells their names, as `holders`.
class RunEvents final : public EventSource, public RunWatcher, public std::enable_shared_from_this<RunEvents> {
 public:
  /// The engine must outlive the stream's last `take`.
  RunEvents(std::shared_ptr<RunRecord> record, const flow::Engine& engine)
      : record_(std::move(record)), engine_(engine) {}

  std::string take() override;
  bool ended() const override { return cursor_.ended; }
  void notify(std::function<void()> wake) override;
  void changed() noexcept override { wake_(); }

 private:
  std::shared_ptr<RunRecord> record_;
  const flow::Engine& engine_;
  RunRecord::Cursor cursor_;
  std::function<void()> wake_;  // set before the record knows of this watcher
};

/// An event as `text/event-stream` has it.
[[nodiscard]] std::string event_text(std::string_view name, const Json& data);

}  // namespace tenon::api
