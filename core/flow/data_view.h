#pragma once

#include <tenon/flow.h>

namespace tenon::flow {

/// What a skip or a check before a step sees: the data, without an answer to give.
class DataView final : public FlowData {
 public:
  DataView(StepHost& host, const StepTicket& ticket) noexcept : FlowData(host, ticket) {}
};

}  // namespace tenon::flow
