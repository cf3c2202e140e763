#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/chain.h"
#include "plugin/property_value.h"
#include "wiring/libraries.h"
#include "wiring/reserved.h"
#include "wiring/resolver.h"

namespace tenon::wiring {

/// A bean that can be made: its definition and its class fit each other.
struct BeanPlan {
  /// Of the bean, or of the class for a flow that no descriptor configures.
  std::string id;
  /// Null for a flow that no descriptor configures.
  const descriptor::BeanDefinition* definition = nullptr;
  ClassUse use;
  descriptor::Place place;
  /// Beans that must be made and started before.
  std::vector<std::size_t> needs;
};

struct ExtensionPlan {
  /// Index of the bean that is the extension.
  std::size_t bean;
  const InterfaceEntry* interface;
  int order;
  descriptor::Place place;
};

struct DriverPlan {
  std::size_t bean;
  const InterfaceEntry* interface;
  const descriptor::DriverDefinition* definition;
};

/// Where a step gets its flow.
struct StepPlan {
  std::size_t bean;
  /// Null for a flow named by its class.
  const InterfaceEntry* interface = nullptr;
};

struct ChainPlan {
  /// Whole, but that `flow` and `keep` of its steps are null: there are no instances yet.
  std::shared_ptr<const flow::Chain> chain;
  /// For each step of the chain.
  std::vector<StepPlan> steps;
};

/// A chain that a bean has in a property, as a list of flows.
struct ListedChainPlan {
  std::size_t bean;
  std::string property;
  ChainPlan chain;
};

/// An interceptor that a service or a message names.
struct InterceptorPlan {
  std::size_t bean;
  const InterfaceEntry* interface;
  const descriptor::InterceptorDefinition* definition;
  bool of_service = false;
};

/// A message that can be sent.
struct MessagePlan {
  const descriptor::MessageDefinition* definition;
  const descriptor::ServiceDefinition* service;
  MessageUse use;
  /// Its handler, and the bean whose class has it; null for a message that a run answers.
  const HandlerEntry* handler = nullptr;
  std::size_t bean = 0;
  std::vector<InterceptorPlan> interceptors;
};

/// How the wiring will be: everything checked, nothing made. Points into the definitions and the libraries.
struct Plan {
  std::vector<BeanPlan> beans;
  /// In order of making.
  std::vector<std::size_t> order;
  /// In order of calls: by order, highest first, then as declared.
  std::vector<ExtensionPlan> extensions;
  std::vector<DriverPlan> drivers;
  std::vector<ChainPlan> chains;
  std::vector<ListedChainPlan> listed_chains;
  std::vector<MessagePlan> messages;
  /// Plugins of beans that need a bean that is not there, with what it would have to implement.
  std::map<std::string, std::string, std::less<>> unsatisfied;

  /// The beans that implement an interface.
  [[nodiscard]] std::vector<std::size_t> implementing(std::string_view interface_id) const;
  /// The ids of these beans.
  [[nodiscard]] std::vector<std::string> ids(const std::vector<std::size_t>& some) const;
};

/// Checks the definitions against the classes of the libraries. What is wrong goes to `diagnostics`; the plan may be
/// used if there are no errors.
[[nodiscard]] Plan bind(const Definitions& definitions, const Libraries& libraries, const Reserved& reserved,
                        descriptor::Diagnostics& diagnostics);

}  // namespace tenon::wiring
