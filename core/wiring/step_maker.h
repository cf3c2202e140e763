#pragma once

#include <tenon/contract.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "flow/chain.h"
#include "wiring/binder.h"

namespace tenon::wiring {

/// Says in a step what the class of its flow is, and what it can do on the side that the step calls.
void describe_flow(flow::ChainStep& step, const ClassEntry& entry);

/// What an extension may touch: what its interface promises, and what its class asks for besides.
[[nodiscard]] FlowContract extension_contract(const InterfaceEntry& interface, const ClassEntry& entry);

/// Makes the steps of chains, but for the flows' instances, from what libraries say of their classes.
class StepMaker {
 public:
  /// All must outlive this.
  StepMaker(const Definitions& definitions, const Libraries& libraries, const Plan& plan)
      : definitions_(definitions), libraries_(libraries), plan_(plan) {}

  /// The step of a flow that is named by its class.
  [[nodiscard]] flow::ChainStep flow(std::size_t bean);
  /// The step of an extension.
  [[nodiscard]] flow::ChainStep extension(const ExtensionPlan& extension, flow::StepSide side);
  /// What is known of an interface, whether it has extensions or none. `policy` is that of its steps.
  [[nodiscard]] flow::ExtensionPoint point(const descriptor::StepDefinition& step,
                                           std::shared_ptr<const flow::StepPolicy> policy);

 private:
  using Contract = std::shared_ptr<const FlowContract>;

  [[nodiscard]] flow::ChainStep of_bean(std::size_t bean, flow::StepSide side) const;
  /// Where the bean is configured, or the library of one that is not.
  [[nodiscard]] descriptor::Place origin(const BeanPlan& bean) const;
  /// Of a class, of an interface, or of both; one of them may be null.
  const Contract& contract(const ClassEntry* entry, const InterfaceEntry* interface);

  const Definitions& definitions_;
  const Libraries& libraries_;
  const Plan& plan_;
  /// Shared by all steps of a class, and an interface.
  std::map<std::pair<const ClassEntry*, const InterfaceEntry*>, Contract> contracts_;
};

}  // namespace tenon::wiring
