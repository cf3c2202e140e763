#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/message.h>

#include <string>
#include <string_view>

namespace acme {

struct Greeting {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Greeting, (), (text))

/// What must be given, and how it is asked for over HTTP and on the command line, stands in services/acme.xml.
struct Greet {
  static constexpr std::string_view kMessage = "acme.Greet";
  using Reply = Greeting;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Greet, (), (name))

/// Answers the messages. Any thread, several at once.
class Service {
 public:
  /// May block.
  tenon::Result<Greeting> greet(const Greet& message) {
    if (message.name == "nobody") {
      return tenon::make_error("ACME.1001", "nobody of this name can be greeted", message.name);
    }
    return Greeting{greeting + " " + message.name};
  }

  std::string greeting;
};

}  // namespace acme
