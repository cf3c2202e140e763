#pragma once

#include <memory>
#include <utility>

#include "flow/definition.h"
#include "wiring/current.h"

namespace tenon::wiring {

/// Finds in the current wiring the flows of chains that it does not have, or has otherwise by now: those of recorded
/// definitions. What it gives keeps its bean, and so its library, as chains do. Any thread, until the wiring is
/// stopped.
class StepFinder final : public flow::StepResolver {
 public:
  explicit StepFinder(Current wiring) : wiring_(std::move(wiring)) {}

  /// A flow is found by its class (Wiring::find_flow). An extension is the bean of this id, if it is of the same class
  /// and implements the interface in the same version, whether it is still declared to extend it or not.
  Result<void> resolve(flow::ChainStep& step) const override;

 private:
  const Current wiring_;
};

}  // namespace tenon::wiring
