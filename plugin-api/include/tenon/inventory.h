#pragma once

#include <tenon/error.h>
#include <tenon/interface.h>
#include <tenon/json.h>

#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What there is of one kind of resource, for whoever asks the node (`tenon resource list KIND`). An extension point;
/// each kind has one extension.
class Inventory {
 public:
  static constexpr std::string_view kInterface = "tenon.Inventory/1";
  virtual ~Inventory() = default;

  /// The kind's name in the singular, as types are named: `Host`. The same each time; any thread.
  virtual std::string kind() const = 0;

  /// One JSON object a resource, in a sensible order. All have the same members in the same order, so that they make a
  /// table; what is not known is null. Members are texts, numbers, booleans, or lists of these. May block, as resources
  /// may be asked for their state; one that does not answer has a state that says so, and is no error. Any thread.
  virtual Result<std::vector<Json>> list() const = 0;
};

}  // namespace tenon
