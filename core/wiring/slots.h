#pragma once

#include <tenon/wiring.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::wiring {

/// Where beans find the extension lists and driver tables: they stay where they are while wirings come and go. Any
/// thread.
class Slots {
 public:
  [[nodiscard]] ExtensionSlot& slot(const std::string& interface_id) {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<ExtensionSlot>& slot = slots_[interface_id];
    if (!slot) slot = std::make_unique<ExtensionSlot>();
    return *slot;
  }

  template <class F>
  void for_each(F&& function) {
    const std::lock_guard lock(mutex_);
    for (const auto& [interface_id, slot] : slots_) function(interface_id, *slot);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<ExtensionSlot>> slots_;
};

}  // namespace tenon::wiring
