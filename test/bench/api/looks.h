#pragma once

#include <tenon/message.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace looks {

struct Seen {
  std::string name;
  std::int64_t length = 0;
};
BOOST_DESCRIBE_STRUCT(Seen, (), (name, length))

/// Answered at once.
struct Look {
  static constexpr std::string_view kMessage = "looks.Look";
  using Reply = Seen;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Look, (), (name))

/// Answered by a run.
struct Walk {
  static constexpr std::string_view kMessage = "looks.Walk";
  using Reply = tenon::NoReply;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Walk, (), (name))

}  // namespace looks
