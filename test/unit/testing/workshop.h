#pragma once

#include <tenon/described.h>
#include <tenon/message.h>
#include <tenon/testing/ledger.h>

#include <atomic>
#include <string>
#include <string_view>

/// A plugin that is linked into its test, with its world at hand.
namespace workshop {

struct Outside {
  tenon::testing::Ledger parts;
  /// So often the next attempts to polish fail.
  std::atomic<int> failures{0};
  /// What stands at the bench until it is released.
  std::atomic<bool> benched{false};
  std::atomic<bool> release{false};
};
inline Outside outside;

struct Receipt {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Receipt, (), (text))

struct OrderPart {
  static constexpr std::string_view kMessage = "workshop.OrderPart";
  using Reply = Receipt;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(OrderPart, (), (name))

}  // namespace workshop
