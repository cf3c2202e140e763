#include "wiring/chain_binder.h"

#include <algorithm>

#include "flow/chain_assembler.h"
#include "wiring/chain_expansion.h"
#include "wiring/chain_policy.h"
#include "wiring/names.h"

namespace tenon::wiring {
namespace {

using descriptor::ChainDefinition;
using descriptor::Diagnostics;
using descriptor::EditDefinition;
using descriptor::Place;
using descriptor::StepDefinition;
using descriptor::Text;
using Flows = std::map<std::string, std::size_t, std::less<>>;

/// Puts one chain together.
class Assembly {
 public:
  Assembly(StepMaker& maker, const Plan& plan, const Flows& flows, flow::ChainAssembler& chain)
      : maker_(maker), plan_(plan), flows_(flows), chain_(chain) {}

  /// False if a step has no flow or not the side to call: that is reported.
  bool add(const std::vector<StepDefinition>& steps, const std::string& prefix) {
    bool whole = true;
    for (const StepDefinition& step : steps) whole = add(step, prefix) && whole;
    return whole;
  }
  bool add_flow(const std::string& name, const std::string& prefix, const Place& place,
                std::shared_ptr<const flow::StepPolicy> policy) {
    const auto bean = flows_.find(name);
    if (bean == flows_.end()) return false;
    add_step(maker_.flow(bean->second), {bean->second, nullptr}, prefix, place, std::move(policy));
    return true;
  }
  std::vector<StepPlan> take_steps() { return std::move(steps_); }

 private:
  bool add(const StepDefinition& step, const std::string& prefix) {
    bool whole = true;
    switch (step.kind) {
      case StepDefinition::Kind::kFlow: return add_flow(step.name.text, prefix, step.place, step_policy(step.policy));
      case StepDefinition::Kind::kExtensionPoint: return add_extensions(step, prefix);
      case StepDefinition::Kind::kChain:
        chain_.open_scope(step.name.text, step.place, scope_policy(step.policy).value_or(flow::ScopePolicy()));
        whole = add(step.steps, prefix + step.name.text + "/");
        break;
      case StepDefinition::Kind::kParallel:
        chain_.open_parallel(step.place, step.limit);
        whole = add(step.steps, prefix);
        break;
      case StepDefinition::Kind::kBranch:
        chain_.open_branch();
        whole = add(step.steps, prefix);
        break;
    }
    chain_.close();
    return whole;
  }

  bool add_extensions(const StepDefinition& point, const std::string& prefix) {
    const std::shared_ptr<const flow::StepPolicy> policy = step_policy(point.policy);
    const flow::StepSide side = point.release ? flow::StepSide::kRelease : flow::StepSide::kRun;
    bool whole = true;
    chain_.open_group(maker_.point(point, policy));
    for (const ExtensionPlan& extension : plan_.extensions) {
      if (!interface_matches(extension.interface->id, point.name.text)) continue;
      whole = whole && extension.interface->flow != nullptr && (!point.release || extension.interface->releasable);
      add_step(maker_.extension(extension, side), {extension.bean, extension.interface}, prefix, point.place, policy);
    }
    chain_.close();
    return whole;
  }

  void add_step(flow::ChainStep step, StepPlan plan, const std::string& prefix, const Place& place,
                std::shared_ptr<const flow::StepPolicy> policy) {
    step.name.insert(0, prefix);
    step.place = place;
    step.policy = std::move(policy);
    chain_.step(std::move(step));
    steps_.push_back(plan);
  }

  StepMaker& maker_;
  const Plan& plan_;
  const Flows& flows_;
  flow::ChainAssembler& chain_;
  std::vector<StepPlan> steps_;
};

}  // namespace

ChainBinder::ChainBinder(const Definitions& definitions, const Libraries& libraries, Plan& plan,
                         Diagnostics& diagnostics)
    : definitions_(definitions),
      libraries_(libraries),
      plan_(plan),
      diagnostics_(diagnostics),
      maker_(definitions, libraries, plan) {}

void ChainBinder::add_flows() {
  expanded_ = expand_chains(definitions_.chains, diagnostics_);
  // As written first: a chain that could not be expanded is checked as well.
  for (const ChainDefinition* chain : definitions_.chains) {
    check_steps(chain->steps);
    for (const EditDefinition& edit : chain->edits) check_edit(edit);
  }
  for (const ChainDefinition& chain : expanded_) check_steps(chain.steps);
}

void ChainBinder::check_steps(const std::vector<StepDefinition>& steps) {
  for (const StepDefinition& step : steps) {
    check_steps(step.steps);
    check_concurrency(step);
    if (!is_new(step.name.place)) continue;
    if (step.kind == StepDefinition::Kind::kFlow) add_flow(step.name, step.place);
    if (step.kind == StepDefinition::Kind::kExtensionPoint) check_extension_point(step);
  }
}

void ChainBinder::check_edit(const EditDefinition& edit) {
  check_steps(edit.steps);
  if (edit.with && edit.by == EditDefinition::By::kFlow && is_new(edit.with->place)) add_flow(*edit.with, edit.place);
}

void ChainBinder::check_extension_point(const StepDefinition& step) {
  const std::string& name = step.name.text;
  if (name.empty()) return;  // reported by the reader
  const bool versioned = name.find('/') != std::string::npos;
  std::vector<std::string> flows;
  bool known = false;
  for (const ClassUse& use : libraries_.all()) {
    for (const InterfaceEntry& interface : use.entry->interfaces) {
      if (interface.flow != nullptr)
        flows.push_back(versioned ? interface.id : std::string(interface_name(interface.id)));
      if (!interface_matches(interface.id, name) || known) continue;
      known = true;
      if (interface.flow == nullptr) {
        diagnostics_.error(step.name.place,
                           "interface " + interface.id + " is no Flow: its extensions can't be steps of a chain");
      } else if (step.release && !interface.releasable) {
        diagnostics_.error(step.name.place, "interface " + interface.id +
                                                " is no ReleasableFlow: there is nothing for call=\"release\" to call");
      }
    }
  }
  // Not an error: a plugin that extends it may come later.
  const std::string near = descriptor::suggestion(name, flows);
  if (!known && !near.empty()) diagnostics_.warning(step.name.place, "nothing implements interface " + name + near);
}

void ChainBinder::check_concurrency(const StepDefinition& step) {
  if (!step.policy.concurrency || !is_new(step.policy.concurrency->name.place)) return;
  const Result<flow::KeyTemplate> name = flow::KeyTemplate::parse(step.policy.concurrency->name.text);
  if (!name) diagnostics_.error(step.policy.concurrency->name.place, "concurrency " + name.error().details);
}

void ChainBinder::add_flow(const Text& name, const Place& place) {
  if (flows_.count(name.text) != 0) return;
  ClassUse use = libraries_.require(name, "flow", diagnostics_);
  if (!use) return;
  if (use.entry->flow == nullptr) {
    diagnostics_.error(name.place, "class '" + name.text + "' is no flow");
    return;
  }
  std::vector<std::size_t> configured;
  for (std::size_t i = 0; i < plan_.beans.size(); ++i) {
    if (plan_.beans[i].use.entry == use.entry) configured.push_back(i);
  }
  if (configured.size() > 1) {
    diagnostics_.error(name.place, "flow '" + name.text + "' is ambiguous: the beans " +
                                       list_of(plan_.ids(configured)) + " are of this class");
    return;
  }
  if (configured.empty()) {
    configured.push_back(plan_.beans.size());
    plan_.beans.push_back({name.text, nullptr, std::move(use), place, {}});
  }
  flows_.emplace(name.text, configured.front());
}

void ChainBinder::add_list(std::size_t bean, const std::string& property, const Place& place,
                           const std::vector<Text>& flows) {
  for (const Text& flow : flows) add_flow(flow, flow.place);
  lists_.push_back({bean, property, place, flows});
}

void ChainBinder::add_chains() {
  for (const ChainDefinition& chain : expanded_) add_chain(chain);
  for (const List& list : lists_) add_listed_chain(list);
}

void ChainBinder::add_chain(const ChainDefinition& definition) {
  flow::ChainAssembler chain(definition.name.text, definition.place);
  if (definition.extends) chain.extends(definition.extends->text);
  for (const Text& input : definition.inputs) chain.input({input.text, input.place});
  for (const Text& lock : definition.locks.value_or(std::vector<Text>()))
    chain.lock({flow::KeyTemplate::parse(lock.text).value(), lock.place});
  if (definition.recovery == descriptor::RecoveryDefinition::kResume) chain.recovery(flow::Recovery::kResume);
  if (auto policy = scope_policy(definition.policy)) chain.policy(*std::move(policy));
  Assembly assembly(maker_, plan_, flows_, chain);
  if (assembly.add(definition.steps, {})) plan_.chains.push_back({chain.make(), assembly.take_steps()});
}

void ChainBinder::add_listed_chain(const List& list) {
  const std::string name = plan_.beans[list.bean].id + "." + list.property;
  const auto same = std::find_if(definitions_.chains.begin(), definitions_.chains.end(),
                                 [&](const ChainDefinition* chain) { return chain->name.text == name; });
  if (same != definitions_.chains.end()) {
    diagnostics_.error(list.place, "the chain of this property is called '" + name + "', as is the one at " +
                                       (*same)->place.to_string());
    return;
  }
  flow::ChainAssembler chain(name, list.place);
  chain.open_inputs();
  Assembly assembly(maker_, plan_, flows_, chain);
  bool whole = true;
  for (const Text& flow : list.flows) whole = assembly.add_flow(flow.text, {}, flow.place, nullptr) && whole;
  if (whole) plan_.listed_chains.push_back({list.bean, list.property, {chain.make(), assembly.take_steps()}});
}

}  // namespace tenon::wiring
