#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "wiring/binder.h"
#include "wiring/step_maker.h"

namespace tenon::wiring {

/// The part of `bind` that is about chains: gives flows their instances, and puts chains together without making any.
class ChainBinder {
 public:
  /// All must outlive this. What it finds goes into `plan`.
  ChainBinder(const Definitions& definitions, const Libraries& libraries, Plan& plan,
              descriptor::Diagnostics& diagnostics);

  /// Expands the chains, and gives each flow that they name an instance: the bean of its class, or one that is made as
  /// it is. Called when the plan has all beans of descriptors.
  void add_flows();
  /// The same for the flows that a property of a bean lists.
  void add_list(std::size_t bean, const std::string& property, const descriptor::Place& place,
                const std::vector<descriptor::Text>& flows);
  /// Adds the chains to the plan. Called when it has all extensions, in their order.
  void add_chains();

 private:
  struct List {
    std::size_t bean;
    std::string property;
    descriptor::Place place;
    std::vector<descriptor::Text> flows;
  };

  void check_steps(const std::vector<descriptor::StepDefinition>& steps);
  void check_edit(const descriptor::EditDefinition& edit);
  void check_extension_point(const descriptor::StepDefinition& step);
  void check_concurrency(const descriptor::StepDefinition& step);
  void add_flow(const descriptor::Text& name, const descriptor::Place& place);
  /// Whether this place has not been looked at: a step may be in many chains.
  bool is_new(const descriptor::Place& place) { return seen_.insert(place).second; }
  void add_chain(const descriptor::ChainDefinition& chain);
  void add_listed_chain(const List& list);

  const Definitions& definitions_;
  const Libraries& libraries_;
  Plan& plan_;
  descriptor::Diagnostics& diagnostics_;
  StepMaker maker_;
  std::vector<descriptor::ChainDefinition> expanded_;
  std::vector<List> lists_;
  std::set<descriptor::Place> seen_;
  /// The beans of flows, by class.
  std::map<std::string, std::size_t, std::less<>> flows_;
};

}  // namespace tenon::wiring
