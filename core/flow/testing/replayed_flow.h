#pragma once

#include <tenon/flow.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tenon::testing {

/// Stands for a flow that ran before: writes again what it wrote, without a call of it. Its undo is the flow's.
class ReplayedFlow final : public Flow {
 public:
  using Written = std::vector<std::pair<std::string, Value>>;
  /// `flow`: null if nothing is to be undone.
  ReplayedFlow(std::shared_ptr<const Flow> flow, Written written)
      : flow_(std::move(flow)), written_(std::move(written)) {}

  void run(FlowStep step) const override {
    Writer writer(std::move(step));
    for (const auto& [key, value] : written_) writer.write(key, value);
    std::move(writer).next();
  }
  void rollback(FlowStep step) const override {
    if (flow_) return flow_->rollback(std::move(step));
    std::move(step).next();
  }

 private:
  /// Writes values whose types it does not know.
  struct Writer : FlowStep {
    explicit Writer(FlowStep step) : FlowStep(std::move(step)) {}
    void write(const std::string& key, const Value& value) { host_->set(ticket_, {key, detail::hash(key)}, value); }
  };

  std::shared_ptr<const Flow> flow_;
  Written written_;
};

}  // namespace tenon::testing
