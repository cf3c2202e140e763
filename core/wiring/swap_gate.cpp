#include "wiring/swap_gate.h"

#include <tenon/log.h>

#include <exception>
#include <set>
#include <thread>
#include <utility>

#include "descriptor/words.h"
#include "plugin/lease.h"
#include "wiring/wiring.h"

namespace tenon::wiring {
namespace {

using namespace std::chrono_literals;

/// Callers wait longer than the old beans may take to be left: then the new ones are started.
constexpr auto kStarting = 5s;

}  // namespace

StopFirst::StopFirst(const Wiring& wiring, Beans beans, const SwapGate& gate)
    : wiring_(wiring), beans_(std::move(beans)), gate_(gate) {}

bool StopFirst::close(descriptor::Diagnostics& diagnostics) {
  if (beans_.empty()) return true;
  std::set<const void*> old;
  for (const auto& bean : beans_) {
    for (const InterfaceEntry& interface : bean->entry().interfaces) old.insert(interface.cast(bean->object()));
  }
  wiring_.slots()->for_each([&](const std::string& interface_id, ExtensionSlot& slot) {
    for (const ExtensionEntry& entry : wiring_.extension_list(interface_id)) {
      if (old.count(entry.object) == 0) continue;
      plugin::close_gate(slot, gate_.patience + kStarting);
      break;
    }
  });
  for (message::ServiceGate* gate : message_gates()) gate->close(gate_.patience + kStarting);
  plugin::Grace grace;
  const auto deadline = std::chrono::steady_clock::now() + gate_.patience;
  while (true) {
    std::string held = grace.over() ? holder() : grace.holder();
    if (held.empty()) break;
    if (std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(1ms);
      continue;
    }
    const PluginInfo* plugin = wiring_.find_plugin(beans_.front()->generation().name());
    diagnostics.error(plugin->place, "plugin '" + plugin->name + "' can't be replaced: for " +
                                         std::to_string(gate_.patience.count()) + " ms it is in use by " + held);
    let_in();
    return false;
  }
  for (auto bean = beans_.rbegin(); bean != beans_.rend(); ++bean) (*bean)->stop();
  stopped_ = true;
  return true;
}

std::string StopFirst::holder() const {
  std::set<const plugin::Generation*> libraries;
  for (const auto& bean : beans_) libraries.insert(&bean->generation());
  for (message::ServiceGate* gate : message_gates()) {
    if (const std::size_t inside = gate->inside(); inside > 0) return descriptor::counted(inside, "message");
  }
  for (const plugin::Generation* library : libraries) {
    if (const std::int64_t made = library->instances(); made > 0)
      return descriptor::counted(static_cast<std::size_t>(made), "object") + " that it made";
    if (!gate_.holder) continue;
    if (std::string held = gate_.holder(*library); !held.empty()) return held;
  }
  return {};
}

void StopFirst::take_back(const std::function<void(plugin::Bean& bean)>& start) {
  if (!stopped_) return;
  for (const auto& bean : beans_) {
    try {
      start(*bean);
    } catch (const std::exception& e) {
      log::error("a bean could not be started again after a failed swap", {{"bean", bean->id()}, {"error", e.what()}});
    }
  }
  let_in();
}

std::vector<message::ServiceGate*> StopFirst::message_gates() const {
  std::set<message::ServiceGate*> gates;
  for (const auto& bean : beans_) {
    const auto found = wiring_.gates.find(bean->generation().name());
    if (found != wiring_.gates.end()) gates.insert(found->second.get());
  }
  return {gates.begin(), gates.end()};
}

void StopFirst::open(const Wiring& former) {
  for (const auto& [plugin, gate] : former.gates) gate->open();
}

void StopFirst::let_in() {
  wiring_.publish();
  open(wiring_);
}

}  // namespace tenon::wiring
