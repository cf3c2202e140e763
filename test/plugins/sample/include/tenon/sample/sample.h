#pragma once

#include <tenon/contract.h>
#include <tenon/described.h>
#include <tenon/flow.h>
#include <tenon/interface.h>

#include <string>
#include <string_view>
#include <vector>

/// What the test plugin `sample` shares with tests and with other test plugins.
namespace sample {

// [interface]
/// An observer: what it says is collected by sample.Host.
class Greeting {
 public:
  static constexpr std::string_view kInterface = "sample.Greeting/1";
  virtual ~Greeting() = default;
  virtual std::string greet() const = 0;
};
// [/interface]

/// A strategy: the factory of drivers of kind Tool.
class ToolFactory {
 public:
  static constexpr std::string_view kInterface = "sample.ToolFactory/1";
  static constexpr std::string_view kDriverKind = "Tool";
  virtual ~ToolFactory() = default;
  virtual std::string make() const = 0;
};

/// What a run of the sample flows writes down: one line a call.
struct Ledger {
  std::string file;
};
BOOST_DESCRIBE_STRUCT(Ledger, (), (file))

inline constexpr tenon::FlowKey<Ledger> kLedger{"ledger"};
inline constexpr tenon::FlowKey<std::string> kText{"text"};
inline constexpr tenon::FlowKey<int> kCount{"count"};

// [steps]
/// Steps that extensions add to a chain.
class Extra : public tenon::Flow {
 public:
  static constexpr std::string_view kInterface = "sample.Extra/1";
  static void contract(tenon::FlowContract& contract) { contract.reads(kLedger); }
};
// [/steps]

}  // namespace sample
