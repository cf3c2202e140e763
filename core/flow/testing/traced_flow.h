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
  TracedFlow(std::string name, std::shared_ptr<const Flow> flow, std::shared_ptr<RunTrace> trace)
      : name_(std::move(name)), flow_(std::move(flow)), trace_(std::move(trace)) {}

  bool skip(const FlowData& data) const override { return flow_->skip(data); }
  void pre_check(FlowStep step) const override {
    trace_->note("check " + name_);
    flow_->pre_check(std::move(step));
  }
  void run(FlowStep step) const override {
    trace_->note("run " + name_);
    flow_->run(std::move(step));
  }
  void release(FlowStep step) const override {
    trace_->note("release " + name_);
    static_cast<const ReleasableFlow&>(*flow_).release(std::move(step));
  }
  void rollback(FlowStep step) const override {
    trace_->note("undo " + name_);
    flow_->rollback(std::move(step));
  }

 private:
  const std::string name_;
  const std::shared_ptr<const Flow> flow_;
  const std::shared_ptr<RunTrace> trace_;
};

}  // namespace tenon::testing
