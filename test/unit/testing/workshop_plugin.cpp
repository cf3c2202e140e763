#include <tenon/plugin.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "workshop.h"

namespace workshop {
namespace {

inline constexpr tenon::FlowKey<std::string> kPart{"part"};

class Make final : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    outside.parts.make(step.get(kPart), step.key());
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    outside.parts.remove(step.get(kPart));
    std::move(step).next();
  }
};

class Polish final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    if (outside.failures.fetch_sub(1) > 0) {
      return std::move(step).fail(tenon::make_error("WORKSHOP.1001", "the brush is away"));
    }
    std::move(step).next();
  }
};

/// Keeps a run until it may go on.
class Bench final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& /*data*/) const override {
    outside.benched = true;
    while (!outside.release) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};

class Desk final : public tenon::Component {
 public:
  void start() override {
    if (!outside.parts.make("desk")) outside.parts.fault("two desks at once");
    started_ = true;
  }
  void stop() override {
    started_ = false;
    outside.parts.remove("desk");
  }
  tenon::Result<Receipt> order(const OrderPart& message) {
    if (!started_) return tenon::make_error("WORKSHOP.1002", "the desk is closed");
    return Receipt{"ordered " + message.name + sign};
  }

  std::string sign;

 private:
  std::atomic<bool> started_{false};
};

}  // namespace
}  // namespace workshop

TENON_PLUGIN("workshop", "1.0.0", plugin) {
  plugin.message<workshop::OrderPart>();
  plugin.flow<workshop::Make>("workshop.Make").reads(workshop::kPart);
  plugin.flow<workshop::Polish>("workshop.Polish");
  plugin.flow<workshop::Bench>("workshop.Bench");
  plugin.bean<workshop::Desk>("workshop.Desk").handles(&workshop::Desk::order).property("sign", &workshop::Desk::sign);
}
