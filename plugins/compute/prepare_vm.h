#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/vm.h>

#include <string>
#include <string_view>

namespace compute {

/// The uuid, in lower case and with its dashes; an Error COMPUTE.1001 that names the member if it is none.
[[nodiscard]] std::string canonical_uuid(std::string_view member, const std::string& text);

/// Checks an order for a VM and gives it its identity. Reads kVm, writes kInstance.
///
/// A VM without a uuid gets one that follows from the step's key: a repeated step gives the same one. Fails with
/// COMPUTE.1001 that names the member, by its JSON path, and what was expected.
class PrepareVm final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override;
};

}  // namespace compute
