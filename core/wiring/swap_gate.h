#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "descriptor/diagnostics.h"
#include "message/service_gate.h"
#include "plugin/bean.h"
#include "plugin/generation.h"

namespace tenon::wiring {

class Wiring;

/// How callers are kept out while a plugin is replaced whose beans can't stand beside their successors.
struct SwapGate {
  /// So long the old beans may take until nobody uses them; then the swap is given up. Callers wait as long, and a
  /// little longer.
  std::chrono::milliseconds patience{10'000};
  /// Which runs hold a flow of this library; empty if none does.
  std::function<std::string(const plugin::Generation& library)> holder = {};
};

/// The swap of such plugins: from `close` until the next wiring is published and its messages count, their old beans
/// are stopped and nobody gets at the new ones.
class StopFirst {
 public:
  using Beans = std::vector<std::shared_ptr<plugin::Bean>>;

  /// `beans`: those of `wiring` that are to be replaced, in the order of their start.
  StopFirst(const Wiring& wiring, Beans beans, const SwapGate& gate);

  /// Keeps callers out, waits until those who are in are out, and stops the beans. If that takes too long: reports who
  /// is still there, and all is as before.
  [[nodiscard]] bool close(descriptor::Diagnostics& diagnostics);
  /// Lets those in who wait for messages: they look who answers now.
  static void open(const Wiring& former);
  /// The new ones could not be started: the old ones are started again, by `start`, and callers let in.
  void take_back(const std::function<void(plugin::Bean& bean)>& start);

 private:
  [[nodiscard]] std::string holder() const;
  [[nodiscard]] std::vector<message::ServiceGate*> message_gates() const;
  void let_in();

  const Wiring& wiring_;
  const Beans beans_;
  const SwapGate& gate_;
  bool stopped_ = false;
};

}  // namespace tenon::wiring
