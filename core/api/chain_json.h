#pragma once

#include <tenon/json.h>

#include "flow/chain.h"
#include "wiring/wiring.h"

/// Chains, as the API shows them.
namespace tenon::api {

/// `[{name, inputs, steps, place}…]`: the names of the inputs, the number of steps.
[[nodiscard]] Json chains_json(const wiring::Wiring& wiring);

/// All of an expanded chain: `{name, place, extends, inputs, locks, recovery, policy, steps, tree}`. What there is none
/// of is left out, such as the policy of a step that has none. `tree` tells how the steps are put together, by nodes in
/// the order of the way forward:
/// - `{"step": 0}`: the step of this index;
/// - `{"scope": NAME, "place", "policy", "steps": [NODE…]}`: what came from another chain;
/// - `{"extensions": INTERFACE, "side", "place", "steps": [NODE…]}`: the extensions of a point;
/// - `{"parallel": {"limit", "place", "branches": [[NODE…]…]}}`: the limit is left out if all are at work at once.
[[nodiscard]] Json chain_json(const flow::Chain& chain);

}  // namespace tenon::api
