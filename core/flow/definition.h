#pragma once

#include <tenon/error.h>

#include <memory>
#include <string>
#include <string_view>

#include "flow/chain.h"

/// A chain as text that outlives the process, so that a run can be undone or gone on with under the chain that it began
/// with, whatever has become of the descriptors.
namespace tenon::flow {

/// Finds the flows of a definition among those that there are now.
class StepResolver {
 public:
  /// `step` has what the definition says of it: name, plugin, class_name, interface, bean, side, policy. Gives it what
  /// only a library has: flow, keep, origin, has_undo, has_pre_check, has_skip and the contracts. FLOW.1044, with what
  /// is missing, if there is no such flow now.
  virtual Result<void> resolve(ChainStep& step) const = 0;

 protected:
  ~StepResolver() = default;
};

/// All that decides how a run of the chain goes on, or back, as canonical JSON: chains that run alike have the same
/// text. Where something stands in a file, which chain it extends, extension points and what contracts say are not part
/// of it.
[[nodiscard]] std::string definition_text(const Chain& chain);

/// The chain of a text by `definition_text`, whose own text is the same, byte for byte. It has no places and no
/// extension points. Errors: FLOW.1047 the text is no definition, with the path of what is wrong; what `resolver` says
/// of the first step that it has no flow for.
[[nodiscard]] Result<std::shared_ptr<const Chain>> chain_from_definition(std::string_view text,
                                                                         const StepResolver& resolver);

}  // namespace tenon::flow
