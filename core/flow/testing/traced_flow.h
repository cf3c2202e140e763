#pragma once

#include <tenon/flow.h>

#include <memory>
#include <string>
#include <utility>

#include "flow/testing/run_trace.h"

namespace tenon::testing {

/// Notes each call of another flow, as it comes: by then the step's time is running.
class TracedFlow final : public ReleasableFlow {
 public:
  TracedFlow(std::string name, std::shared_ptr<const Flow> flow, const std::shared_ptr<RunTrace>& trace)
      : name_(std::move(name)), flow_(std::move(flow)), trace_(trace) {}

  bool skip(const FlowData& data) const override { return flow_->skip(data); }
  void pre_check(FlowStep step) const override {
    note("check ");
    flow_->pre_check(std::move(step));
  }
  void run(FlowStep step) const override {
    note("run ");
    flow_->run(std::move(step));
  }
  void release(FlowStep step) const override {
    note("release ");
    static_cast<const ReleasableFlow&>(*flow_).release(std::move(step));
  }
  void rollback(FlowStep step) const override {
    note("undo ");
    flow_->rollback(std::move(step));
  }

 private:
  void note(const char* what) const {
    if (const auto trace = trace_.lock()) trace->note(what + name_);
  }

  const std::string name_;
  const std::shared_ptr<const Flow> flow_;
  // The trace keeps the run's result, and that its chain and this.
  const std::weak_ptr<RunTrace> trace_;
};

}  // namespace tenon::testing
