#pragma once

#include <tenon/flow.h>

namespace tenon::flow {

/// A step's data, without an answer to give.
class DataView final : public FlowData {
 public:
  DataView(StepHost& host, const StepTicket& ticket) noexcept : FlowData(host, ticket) {}
};

}  // namespace tenon::flow
