#include "flow/driven_step.h"

#include "flow/driving.h"
#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {

DrivenStep Strand::driven(std::uint32_t step) const noexcept {
  const Chain& chain = *run_.chain_;
  if (step >= chain.steps.size()) return {};
  std::string_view to = "run";
  if (direction() == Direction::kUndo) to = "undo";
  if (direction() == Direction::kCheck) to = "check";
  return {run_.id_, chain.name, chain.steps[step].name, chain.steps[step].plugin, to};
}

DrivenStep driven_step() noexcept {
  if (driving != nullptr) return driving->driven(driving->step_index());
  if (working.strand != nullptr) return working.strand->driven(working.step);
  return {};
}

}  // namespace tenon::flow
