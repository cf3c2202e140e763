#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/http.h"
#include "api/run_record.h"

namespace tenon::api {

/// The events of one run as a stream: all of it as it is now, what follows, its end.
class RunEvents final : public EventSource, public RunWatcher, public std::enable_shared_from_this<RunEvents> {
 public:
  explicit RunEvents(std::shared_ptr<RunRecord> record) : record_(std::move(record)) {}

  std::string take() override;
  bool ended() const override { return cursor_.ended; }
  void notify(std::function<void()> wake) override;
  void changed() noexcept override { wake_(); }

 private:
  std::shared_ptr<RunRecord> record_;
  RunRecord::Cursor cursor_;
  std::function<void()> wake_;  // set before the record knows of this watcher
};

}  // namespace tenon::api
