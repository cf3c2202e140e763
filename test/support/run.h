#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "flow/engine.h"

namespace tenon::test {

/// Runs a chain to its end. Throws if that takes longer than a minute.
[[nodiscard]] inline flow::RunResult run_chain(flow::Engine& engine, std::shared_ptr<const flow::Chain> chain,
                                               std::vector<std::pair<std::string, Value>> input = {},
                                               std::shared_ptr<flow::RunObserver> observer = {}) {
  auto ended = std::make_shared<std::promise<flow::RunResult>>();
  std::future<flow::RunResult> result = ended->get_future();
  flow::RunRequest request{std::move(chain), std::move(input), std::move(observer),
                           [ended](flow::RunResult r) { ended->set_value(std::move(r)); }};
  (void)engine.start(std::move(request)).value();
  if (result.wait_for(std::chrono::minutes(1)) != std::future_status::ready) throw std::runtime_error("the run hangs");
  return result.get();
}

}  // namespace tenon::test
