#include <tenon/interceptor.h>
#include <tenon/plugin.h>

#include <utility>

#include "looks.h"

/// The cheapest that a service, an interceptor and a flow can be.
namespace looks {
namespace {

class Looker final {
 public:
  void look(tenon::Call<Look> call) {
    Seen seen{call->name, static_cast<std::int64_t>(call->name.size())};
    std::move(call).reply(std::move(seen));
  }
};

class Guard final : public tenon::MessageInterceptor {
 public:
  tenon::Verdict intercept(tenon::InterceptedMessage& message) override {
    const auto* look = message.as<Look>();
    if (look != nullptr && look->name.empty()) return tenon::refuse(tenon::make_error("LOOKS.1001", "no name"));
    return tenon::go_on();
  }
};

class Step final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
};

}  // namespace
}  // namespace looks

TENON_PLUGIN("looks", "1.0.0", plugin) {
  using namespace looks;
  plugin.message<Look>();
  plugin.message<Walk>();
  plugin.bean<Looker>("looks.Looker").handles(&Looker::look);
  plugin.bean<Guard>("looks.Guard").implements<tenon::MessageInterceptor>();
  plugin.flow<Step>("looks.Step");
}
