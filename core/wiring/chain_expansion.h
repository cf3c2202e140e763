#pragma once

#include <vector>

#include "descriptor/definitions.h"

namespace tenon::wiring {

/// The chains as they are to be run, whatever they extend and refer to. In each:
/// - what it extends has been taken over, and its edits applied;
/// - a step of kind kChain holds the steps of the chain that it names, and that chain's policy with its own over it;
///   its conditions have gone to every one of those steps;
/// - the locks of such chains are its own, too: a run takes them all before its first step.
///
/// The order of `definitions` is kept. A chain that is wrong, or rests on one that is, is reported and left out. Needs
/// no library: whether there are such flows and interfaces is another question.
[[nodiscard]] std::vector<descriptor::ChainDefinition> expand_chains(
    const std::vector<const descriptor::ChainDefinition*>& definitions, descriptor::Diagnostics& diagnostics);

}  // namespace tenon::wiring
