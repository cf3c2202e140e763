#pragma once

#include <tenon/contract.h>

#include <string>
#include <unordered_set>
#include <vector>

#include "descriptor/diagnostics.h"
#include "flow/chain.h"

namespace tenon::flow {

/// A class of flows that a chain could name: to say who could produce a key that is missing.
struct FlowClass {
  std::string name;
  std::string plugin;
  FlowContract contract;
  /// Its plugin's `<library>`.
  descriptor::Place place;
};

/// Proves the chains of one load: that no flow of theirs can miss a key that it reads, whatever the conditions turn out
/// to be. Reads contracts alone: no flow, and no library, is called. Near-linear in the size of a chain.
///
/// Errors, each at the step, point, condition, limit or lock that is wrong:
/// - a key that is read, promised by an extension point, or named by a limit, and that may have no value there. A
///   condition counts: a step with `when="k"` has what was produced under `k`, and `k` itself. What a flow with a
///   `skip` writes may be missing, but not to a step with a condition on something that it wrote.
/// - a condition on a key that nothing before it can have produced. It may be missing in some runs: it does not hold
///   then.
/// - steps under one condition of which a former writes the key of the condition: the latter would be left out
///   half-way. A step that alone writes the key of its own condition is good: `when="!image"` may make an image.
/// - a key that two branches of a parallel write, or that one reads and only another writes
/// - a key of two types
/// - an extension that writes a key which another step touches, or reads one which its interface does not promise. An
///   extension is its bean: steps of one bean at several points share their keys.
/// - a lock that is not named by inputs
///
/// Warnings: a flow without an undo, once for all chains of the load; an input that nothing uses.
///
/// A chain whose inputs are open may be given every key: none can be proved to be missing.
/// What the release side of a flow would write does not count. A step without a contract may write all keys: what comes
/// after it can't be proved to be missing.
class ChainProof {
 public:
  /// `flows` are all flow classes of the node.
  ChainProof(std::vector<FlowClass> flows, descriptor::Diagnostics& diagnostics)
      : flows_(std::move(flows)), diagnostics_(diagnostics) {}

  void prove(const Chain& chain);

 private:
  void warn_of_missing_undo(const Chain& chain);

  std::vector<FlowClass> flows_;
  descriptor::Diagnostics& diagnostics_;
  std::unordered_set<std::string> without_undo_;
};

}  // namespace tenon::flow
