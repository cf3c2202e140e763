#pragma once

#include <tenon/contract.h>
#include <tenon/flow.h>

#include <cstdint>
#include <string>
#include <string_view>

/// What the test plugin `steps` shares with tests: flows that do nothing, for tests of how chains are put together.
namespace steps {

inline constexpr tenon::FlowKey<std::string> kHost{"host"};
inline constexpr tenon::FlowKey<std::string> kNotes{"notes"};
inline constexpr tenon::FlowKey<std::int64_t> kCount{"count"};
inline constexpr tenon::FlowKey<std::int64_t> kPoints{"points"};

/// Promises its extensions a host and, perhaps, notes; they may be released.
class Point : public tenon::ReleasableFlow {
 public:
  static constexpr std::string_view kInterface = "steps.Point/1";
  static void contract(tenon::FlowContract& contract) { contract.reads(kHost).optional(kNotes); }
};

/// Has no release side.
class Plain : public tenon::Flow {
 public:
  static constexpr std::string_view kInterface = "steps.Plain/1";
};

/// Is no flow at all.
class Listener {
 public:
  static constexpr std::string_view kInterface = "steps.Listener/1";
  virtual ~Listener() = default;
};

}  // namespace steps
