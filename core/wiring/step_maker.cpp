#include "wiring/step_maker.h"

#include <algorithm>
#include <vector>

namespace tenon::wiring {
namespace {

void add_new(std::vector<KeyEntry>& list, const std::vector<KeyEntry>& more) {
  for (const KeyEntry& key : more) {
    const bool known = std::any_of(list.begin(), list.end(), [&](const KeyEntry& other) {
      return other.name == key.name && other.type_id == key.type_id;
    });
    if (!known) list.push_back(key);
  }
}

/// What is needed by one of them is not merely used if it is there.
FlowContract merged(const FlowContract& interface, FlowContract own) {
  add_new(own.reads_list, interface.reads_list);
  add_new(own.optional_list, interface.optional_list);
  std::erase_if(own.optional_list, [&](const KeyEntry& key) {
    return std::any_of(own.reads_list.begin(), own.reads_list.end(),
                       [&](const KeyEntry& read) { return read.name == key.name && read.type_id == key.type_id; });
  });
  return own;
}

}  // namespace

void describe_flow(flow::ChainStep& step, const ClassEntry& entry) {
  const bool runs = step.side == flow::StepSide::kRun;
  step.class_name = entry.name;
  step.has_undo = entry.has_undo || !runs;  // a release needs none
  step.has_pre_check = entry.has_pre_check && runs;
  step.has_skip = entry.has_skip;
}

FlowContract extension_contract(const InterfaceEntry& interface, const ClassEntry& entry) {
  return merged(interface.contract, entry.contract);
}

flow::ChainStep StepMaker::flow(std::size_t bean) {
  flow::ChainStep step = of_bean(bean, flow::StepSide::kRun);
  const ClassEntry& entry = *plan_.beans[bean].use.entry;
  step.name = entry.name;
  step.contract = contract(&entry, nullptr);
  return step;
}

flow::ChainStep StepMaker::extension(const ExtensionPlan& extension, flow::StepSide side) {
  flow::ChainStep step = of_bean(extension.bean, side);
  const BeanPlan& bean = plan_.beans[extension.bean];
  step.name = std::string(interface_name(extension.interface->id)) + "[" + bean.id + "]";
  step.interface = extension.interface->id;
  step.bean = bean.id;
  step.contract = contract(bean.use.entry, extension.interface);
  step.interface_contract = contract(nullptr, extension.interface);
  return step;
}

flow::ExtensionPoint StepMaker::point(const descriptor::StepDefinition& step,
                                      std::shared_ptr<const flow::StepPolicy> policy) {
  flow::ExtensionPoint point;
  point.interface = step.name.text;
  point.policy = std::move(policy);
  point.place = step.place;
  for (const ClassUse& use : libraries_.all()) {
    const InterfaceEntry* interface = plugin::find_interface(*use.entry, step.name.text);
    if (interface == nullptr) continue;
    point.interface = interface->id;
    point.contract = contract(nullptr, interface);
    break;
  }
  return point;
}

flow::ChainStep StepMaker::of_bean(std::size_t bean, flow::StepSide side) const {
  const BeanPlan& plan = plan_.beans[bean];
  flow::ChainStep step;
  step.plugin = plan.use.generation->name();
  step.side = side;
  describe_flow(step, *plan.use.entry);
  step.origin = origin(plan);
  return step;
}

descriptor::Place StepMaker::origin(const BeanPlan& bean) const {
  if (bean.definition != nullptr) return bean.definition->place;
  const auto library = std::find_if(
      definitions_.libraries.begin(), definitions_.libraries.end(),
      [&](const Definitions::Library& known) { return known.definition->name.text == bean.use.generation->name(); });
  return library != definitions_.libraries.end() ? library->definition->place : descriptor::Place();
}

const StepMaker::Contract& StepMaker::contract(const ClassEntry* entry, const InterfaceEntry* interface) {
  Contract& contract = contracts_[{entry, interface}];
  if (contract == nullptr) {
    const FlowContract own = entry != nullptr ? entry->contract : FlowContract();
    contract = std::make_shared<const FlowContract>(interface != nullptr ? merged(interface->contract, own) : own);
  }
  return contract;
}

}  // namespace tenon::wiring
