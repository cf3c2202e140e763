#pragma once

#include <string>
#include <vector>

#include "descriptor/definitions.h"

namespace tenon::wiring {

/// Applies the edits of the chain called `chain` to the steps that it inherits, each to the result of those before it.
/// A branch or parallel that loses its last step goes, too. False if one can't be applied, which is reported.
[[nodiscard]] bool apply_edits(const std::string& chain, const std::vector<descriptor::EditDefinition>& edits,
                               std::vector<descriptor::StepDefinition>& steps, descriptor::Diagnostics& diagnostics);

}  // namespace tenon::wiring
