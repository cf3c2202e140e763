#pragma once

#include <tenon/contract.h>
#include <tenon/flow.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor/diagnostics.h"
#include "flow/policy.h"

namespace tenon::flow {

/// Which side of a flow a step calls.
enum class StepSide : std::uint8_t { kRun, kRelease };

/// One step of a chain: a flow, and where it comes from.
struct ChainStep {
  /// The flow's class; for a step made of an extension, `INTERFACE[BEAN]`; within sub-chains after their names:
  /// `disk.prepare/sample.MakeDisk`.
  std::string name;
  const Flow* flow = nullptr;
  /// Keeps the flow's instance and its library.
  std::shared_ptr<const void> keep;
  /// The plugin whose library the flow is of.
  std::string plugin;
  /// The class of the flow's instance, by which it is found again. Empty for a flow of code.
  std::string class_name;
  StepSide side = StepSide::kRun;
  bool has_undo = true;
  bool has_pre_check = false;
  bool has_skip = false;
  /// The element of a chain that the step was made of.
  descriptor::Place place;
  /// Where the flow is configured: its bean, or its plugin's `<library>`.
  descriptor::Place origin;
  /// For a step made of an extension, the interface with its version; else empty.
  std::string interface;
  /// For a step made of an extension, the id of its bean; else empty.
  std::string bean;
  /// With the interface's, if it has one. Null if the step may touch any key: it was built in code, without a contract.
  std::shared_ptr<const FlowContract> contract;
  /// For a step made of an extension, what its interface alone declares; else null. Null is nothing.
  std::shared_ptr<const FlowContract> interface_contract;
  /// Null for a step without any.
  std::shared_ptr<const StepPolicy> policy;
  /// Whether nothing is to be done around a call of its run: no policy, no skip. Filled in by ChainAssembler.
  bool plain = false;
  /// Hashes of the keys that the contract lets it read, and that it must have written: filled in by ChainAssembler.
  std::vector<std::uint64_t> readable;
  std::vector<std::uint64_t> writable;
};

/// One thing to do on the way forward.
struct Op {
  enum class Kind : std::uint8_t {
    kStep,      ///< calls a step; index into steps
    kCheck,     ///< asks a step's pre_check; index into steps
    kOpen,      ///< a scope begins; index into scopes
    kClose,     ///< a scope ends; index into scopes
    kParallel,  ///< runs branches and goes on after their end; index into parallels
  };
  Kind kind;
  std::uint32_t index;
};

struct OpRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// A part of a chain with policies of its own, or the part that came from another chain.
struct Scope {
  /// The sub-chain's name; empty for the whole chain.
  std::string name;
  descriptor::Place place;
  ScopePolicy policy;
  /// Between its kOpen and its kClose.
  OpRange ops;
};

struct Parallel {
  descriptor::Place place;
  /// How many branches are at work at once; 0: all.
  std::uint32_t limit = 0;
  /// Follow one another; the ops after the last one are the next ones after the branches.
  std::vector<OpRange> branches;
};

/// Where the extensions of one interface are called. A chain keeps it whether there are any at the moment or none: what
/// the interface promises holds for those to come.
struct ExtensionPoint {
  /// With its version.
  std::string interface;
  /// What it declares: its extensions may read that. Null is nothing.
  std::shared_ptr<const FlowContract> contract;
  /// As each of its steps has it.
  std::shared_ptr<const StepPolicy> policy;
  descriptor::Place place;
  /// The op before which it stands: the first of its steps' ops, if it has any. Set by ChainAssembler.
  std::uint32_t op = 0;
  /// The innermost branch that it stands in: branches count from 1, as they are opened; 0 is none. Tells the end of one
  /// branch from the beginning of the next. Set by ChainAssembler.
  std::uint32_t branch = 0;
};

struct ChainInput {
  std::string key;
  descriptor::Place place;
};

/// A list of flows, expanded: extension points and sub-chains are steps already. Made by ChainAssembler. Immutable; a
/// run keeps it, and so the libraries of its flows. Knows its shared owners, so that what is remembered of a chain by
/// its address is not taken for that of another one.
struct Chain : std::enable_shared_from_this<Chain> {
  std::string name;
  descriptor::Place place;
  /// The chain that it was derived from; empty if there is none.
  std::string extends;
  /// Keys that a caller must give, and the only ones that it may.
  std::vector<ChainInput> inputs;
  /// A caller may give any other key, too: nobody has said which ones there are.
  bool open_inputs = false;
  /// In the order in which they are written down. A step's index is its number for good: it stands in its key.
  std::vector<ChainStep> steps;
  /// How many keys its steps declare to write.
  std::size_t writes = 0;
  std::vector<Op> ops;
  std::vector<Scope> scopes;
  std::vector<Parallel> parallels;
  /// In the order in which they are written down.
  std::vector<ExtensionPoint> points;
  std::vector<LockPolicy> locks;
  Recovery recovery = Recovery::kRollback;
  /// Its runs are not recorded: it was built in code, and can't be made again in another process.
  bool is_volatile = false;

  /// Whether a caller may give this key.
  [[nodiscard]] bool has_input(std::string_view key) const;
};

}  // namespace tenon::flow
