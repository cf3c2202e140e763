#pragma once

#include <tenon/flow.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor/diagnostics.h"

namespace tenon::flow {

/// One step of a chain: a flow, and where it comes from.
struct ChainStep {
  /// The flow's class; for a step made of an extension, `INTERFACE[BEAN]`.
  std::string name;
  const Flow* flow = nullptr;
  /// Keeps the flow's instance and its library.
  std::shared_ptr<const void> keep;
  /// The plugin whose library the flow is of.
  std::string plugin;
  bool has_undo = true;
  descriptor::Place place;
};

/// An ordered list of flows, expanded: extension points are steps already. Immutable once runs use it; a run keeps it,
/// and so the libraries of its flows.
struct Chain {
  std::string name;
  descriptor::Place place;
  /// Keys that a caller must give, and the only ones that it may.
  std::vector<std::string> inputs;
  std::vector<ChainStep> steps;
};

}  // namespace tenon::flow
