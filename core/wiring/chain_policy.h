#pragma once

#include <memory>
#include <optional>

#include "descriptor/definitions.h"
#include "flow/policy.h"

/// From what descriptors say of how something is to be run to what the engine does.
namespace tenon::wiring {

/// Null if nothing is said.
[[nodiscard]] std::shared_ptr<const flow::StepPolicy> step_policy(const descriptor::PolicyDefinition& policy);

/// Nothing if neither a time-out nor a retry is given.
[[nodiscard]] std::optional<flow::ScopePolicy> scope_policy(const descriptor::PolicyDefinition& policy);

}  // namespace tenon::wiring
