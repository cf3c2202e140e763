#pragma once

#include <tenon/error.h>
#include <tenon/flow.h>

namespace compute {

/// Throws Error COMPUTE.1011 if the step is to end. For a flow that makes several things, before each.
inline void require_not_cancelled(const tenon::FlowData& data) {
  if (data.cancelled()) throw tenon::Error(tenon::make_error("COMPUTE.1011", "the step was told to end"));
}

}  // namespace compute
