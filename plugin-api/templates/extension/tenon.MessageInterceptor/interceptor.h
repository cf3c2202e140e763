#pragma once

#include <tenon/error.h>
#include <tenon/interceptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// Refuses some messages before a service sees them.
class Interceptor final : public tenon::MessageInterceptor {
 public:
  tenon::Verdict intercept(tenon::InterceptedMessage& message) override { return judge(message.name()); }

  [[nodiscard]] tenon::Verdict judge(std::string_view message) const {
    for (const std::string& name : refused) {
      if (name == message) {
        return tenon::refuse(tenon::make_error("ACME.1001", "the message is not taken now", name));
      }
    }
    return tenon::go_on();
  }

  /// Names of messages.
  std::vector<std::string> refused;
};

}  // namespace acme
