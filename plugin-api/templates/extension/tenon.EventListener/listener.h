#pragma once

#include <tenon/event.h>
#include <tenon/log.h>

#include <string>
#include <vector>

namespace acme {

/// Writes a line of the log for each event. It must bear to hear the same event again, which has the same id.
class Listener final : public tenon::EventListener {
 public:
  std::vector<std::string> patterns() const override { return {"/**"}; }
  void on_event(const tenon::PublishedEvent& event) override {
    tenon::log::info("an event was heard", {{"path", event.path}, {"id", event.id}});
  }
};

}  // namespace acme
