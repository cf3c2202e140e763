#pragma once

#include <tenon/value.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/definition.h"
#include "kill_points.h"
#include "outside.h"
#include "plan.h"

namespace tenon::crash {

/// What the flows of the drill have in their process.
struct Surroundings {
  const Outside& outside;
  KillPoints& points;
  /// Undos say that they are done and do nothing.
  bool idle_undos = false;
};

/// The flows of the drill, found by their classes, as those of plugins are.
class DrillFlows final : public flow::StepResolver {
 public:
  explicit DrillFlows(Surroundings surroundings);
  ~DrillFlows();
  DrillFlows(const DrillFlows&) = delete;
  DrillFlows& operator=(const DrillFlows&) = delete;

  Result<void> resolve(flow::ChainStep& step) const override;
  /// The chain of this shape, as descriptors would make it.
  [[nodiscard]] std::shared_ptr<const flow::Chain> chain(const Shape& shape) const;
  /// What a run of the plan begins with.
  [[nodiscard]] static std::vector<std::pair<std::string, Value>> input(const Plan& plan);

 private:
  class Effects;
  class Count;
  class Effect;
  class Row;
  std::shared_ptr<const Effects> effects_;
};

/// SQL of the tables that the flows write to: `drill_row`, what is there, and `drill_log`, what was done.
[[nodiscard]] std::string_view drill_tables();

}  // namespace tenon::crash
