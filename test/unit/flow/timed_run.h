#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flow/clock.h"
#include "flow/engine.h"
#include "flow/run.h"
#include "support/flows.h"
#include "support/node.h"

namespace tenon::test {

using namespace std::chrono_literals;

/// A run that has been started, and how it ends.
class Started {
 public:
  Started(flow::Engine& engine, flow::RunRequest request) : result_(promise_->get_future()) {
    request.done = [promise = promise_](flow::RunResult result) { promise->set_value(std::move(result)); };
    id = engine.start(std::move(request)).value();
  }
  Started(flow::Engine& engine, std::shared_ptr<const flow::Chain> chain,
          std::vector<std::pair<std::string, Value>> input = {})
      : Started(engine, flow::RunRequest{std::move(chain), std::move(input), {}, {}, {}, {}}) {}

  [[nodiscard]] bool has_ended() const { return result_.wait_for(0s) == std::future_status::ready; }
  [[nodiscard]] flow::RunResult result() {
    if (result_.wait_for(10s) != std::future_status::ready) throw std::runtime_error("the run hangs");
    return result_.get();
  }
  std::uint64_t id = 0;

 private:
  std::shared_ptr<std::promise<flow::RunResult>> promise_ = std::make_shared<std::promise<flow::RunResult>>();
  std::future<flow::RunResult> result_;
};

/// Runs in virtual time, with flows that keep their steps until the test answers them.
class TimedRun : public testing::Test {
 protected:
  /// A flow that notes `what` and keeps its step under that name.
  LambdaFlow::Call keep(const std::string& what) {
    return [this, what](FlowStep step) {
      {
        std::lock_guard lock(mutex_);
        kept_.insert_or_assign(what, std::make_unique<FlowStep>(std::move(step)));
      }
      trace_.add(what);
    };
  }
  /// The step that was kept; waits for it.
  FlowStep taken(const std::string& what) {
    if (!trace_.wait_for(what)) throw std::runtime_error("no step '" + what + "'");
    std::lock_guard lock(mutex_);
    FlowStep step = std::move(*kept_.at(what));
    kept_.erase(what);
    return step;
  }
  /// Waits until the run waits for this.
  void wait_until(std::uint64_t run, flow::Waiting waiting) {
    for (int i = 0; i < 10'000; ++i) {
      const auto state = engine_.inspect(run);
      if (state && !state->places.empty() && state->places.front().waiting == waiting) return;
      std::this_thread::sleep_for(1ms);
    }
    throw std::runtime_error("the run does not wait for " + std::string(flow::waiting_name(waiting)));
  }

  Node node_;
  Trace trace_;
  std::shared_ptr<flow::VirtualClock> clock_ = std::make_shared<flow::VirtualClock>();
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<FlowStep>> kept_;
  flow::Engine engine_{flow::EngineOptions{.threads = 2, .blocking_threads = 4, .clock = clock_}};
};

inline flow::StepPolicy timeout(std::chrono::milliseconds time, std::chrono::milliseconds grace = 10s) {
  flow::StepPolicy policy;
  policy.timeout = time;
  policy.grace = grace;
  return policy;
}

inline flow::StepPolicy retry(std::uint32_t attempts, std::chrono::milliseconds backoff = 0ms) {
  flow::StepPolicy policy;
  policy.retry.attempts = attempts;
  policy.retry.backoff = backoff;
  policy.retry.jitter = 0;
  return policy;
}

inline flow::KeyTemplate key_template(std::string_view text) { return flow::KeyTemplate::parse(text).value(); }

}  // namespace tenon::test
