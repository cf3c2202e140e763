#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flow/chain.h"

namespace tenon::flow {

/// Derives what the engine looks at from the step's contract and policies.
void finish_step(ChainStep& step);

/// Puts a chain together, from its first step to its last. Calls of `open_…` and `close` nest.
/// ```cpp
/// ChainAssembler chain("disk.create", place);
/// chain.input({"disk", place});
/// chain.step(prepare);
/// chain.open_parallel(place, 2);
/// chain.open_branch(); chain.step(a); chain.step(b); chain.close();
/// chain.open_branch(); chain.step(c); chain.close();
/// chain.close();
/// std::shared_ptr<const Chain> made = chain.make();
/// ```
class ChainAssembler {
 public:
  ChainAssembler(std::string name, descriptor::Place place);

  ChainAssembler& extends(std::string name);
  ChainAssembler& input(ChainInput input);
  /// A caller may give any key.
  ChainAssembler& open_inputs();
  ChainAssembler& lock(LockPolicy lock);
  ChainAssembler& recovery(Recovery recovery);
  ChainAssembler& make_volatile();
  /// Policies of the whole chain. Called before the first step, or not at all.
  ChainAssembler& policy(ScopePolicy policy);

  ChainAssembler& step(ChainStep step);
  /// A part with policies of its own, or what came from another chain.
  ChainAssembler& open_scope(std::string name, descriptor::Place place, ScopePolicy policy);
  /// Steps whose checks all come before the first of them is run.
  ChainAssembler& open_group();
  /// As `open_group`, for the steps made of the point's extensions, be there some or none.
  ChainAssembler& open_group(ExtensionPoint point);
  ChainAssembler& open_parallel(descriptor::Place place, std::uint32_t limit);
  /// Within a parallel, which holds nothing else.
  ChainAssembler& open_branch();
  ChainAssembler& close();

  /// The chain. Ends this; everything that was opened must be closed.
  [[nodiscard]] std::shared_ptr<const Chain> make();

 private:
  enum class Frame : std::uint8_t { kScope, kGroup, kParallel, kBranch };
  struct Open {
    Frame frame;
    std::uint32_t index;
  };

  void op(Op::Kind kind, std::size_t index);
  [[nodiscard]] bool in_group() const;

  Chain chain_;
  std::vector<Open> open_;
  /// Of the branches that are open: their numbers in the chain.
  std::vector<std::uint32_t> open_branches_;
  std::uint32_t branches_ = 0;
};

}  // namespace tenon::flow
