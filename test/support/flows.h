#pragma once

#include <tenon/flow.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/chain_assembler.h"

namespace tenon::test {

/// A flow made of two functions.
class LambdaFlow final : public Flow {
 public:
  using Call = std::function<void(FlowStep)>;
  LambdaFlow(Call run, Call rollback) : run_(std::move(run)), rollback_(std::move(rollback)) {}
  void run(FlowStep step) const override { run_(std::move(step)); }
  void rollback(FlowStep step) const override {
    if (rollback_) {
      rollback_(std::move(step));
    } else {
      std::move(step).next();
    }
  }

 private:
  Call run_;
  Call rollback_;
};

/// Chains of lambdas.
class ChainMaker {
 public:
  explicit ChainMaker(std::string name = "chain") : chain_(std::move(name), {"chain.xml", 0, 0}) {}
  ChainMaker& input(std::string key) {
    chain_.input({std::move(key), {}});
    return *this;
  }
  ChainMaker& then(std::string name, LambdaFlow::Call run, LambdaFlow::Call rollback = {},
                   std::optional<flow::StepPolicy> policy = {}) {
    return then(std::move(name), std::make_shared<LambdaFlow>(std::move(run), std::move(rollback)), std::move(policy));
  }
  ChainMaker& then(std::string name, std::shared_ptr<const Flow> flow, std::optional<flow::StepPolicy> policy = {}) {
    flow::ChainStep step;
    step.name = std::move(name);
    step.flow = flow.get();
    step.keep = std::move(flow);
    step.place = {"chain.xml", ++steps_, 1};
    if (policy) step.policy = std::make_shared<flow::StepPolicy>(*std::move(policy));
    return then(std::move(step));
  }
  ChainMaker& then(flow::ChainStep step) {
    chain_.step(std::move(step));
    return *this;
  }
  /// For what this has no words for.
  [[nodiscard]] flow::ChainAssembler& assembler() { return chain_; }
  [[nodiscard]] std::shared_ptr<const flow::Chain> make() const { return flow::ChainAssembler(chain_).make(); }

 private:
  flow::ChainAssembler chain_;
  std::uint32_t steps_ = 0;
};

/// What happened, in order, from any thread.
class Trace {
 public:
  void add(std::string what) {
    {
      std::lock_guard lock(mutex_);
      lines_.push_back(std::move(what));
    }
    changed_.notify_all();
  }
  /// Waits until the line is there; false after ten seconds.
  [[nodiscard]] bool wait_for(const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return std::find(lines_.begin(), lines_.end(), line) != lines_.end(); });
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  /// A flow's function that notes `what` and goes on.
  LambdaFlow::Call next(std::string what) {
    return [this, what = std::move(what)](FlowStep step) {
      add(what);
      std::move(step).next();
    };
  }
  LambdaFlow::Call fail(std::string what, std::string code = "TEST.1") {
    return [this, what = std::move(what), code = std::move(code)](FlowStep step) {
      add(what);
      std::move(step).fail(make_error(code, "told to fail"));
    };
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

}  // namespace tenon::test
