#include "descriptor/chain_reader.h"

#include "descriptor/attribute_values.h"
#include "descriptor/first_places.h"
#include "descriptor/policy_reader.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tenon::descriptor {
namespace {

using EditKind = EditDefinition::Kind;
using StepKind = StepDefinition::Kind;

constexpr std::uint32_t kMostBranches = 1'000'000;

std::string tag(std::string_view name) { return "<" + std::string(name) + ">"; }

/// Reads one chain.
class ChainReader {
 public:
  ChainReader(ElementReader& elements, Diagnostics& diagnostics)
      : elements_(elements), diagnostics_(diagnostics), ids_("id", diagnostics) {}

  ChainDefinition read(pugi::xml_node element);

 private:
  void read_attributes(pugi::xml_node element, ChainDefinition& chain);
  /// One child that is not an input: a step, or an edit.
  void read_part(pugi::xml_node element, ChainDefinition& chain);
  StepDefinition step(pugi::xml_node element);
  StepDefinition step(pugi::xml_node element, const ElementRule& rule, std::string_view name_attribute, StepKind kind);
  std::vector<StepDefinition> steps(const Children& children);
  StepDefinition parallel(pugi::xml_node element);
  StepDefinition branch(pugi::xml_node element);
  EditDefinition edit(pugi::xml_node element, const ElementRule& rule, EditKind kind);
  void read_target(const Attributes& attributes, const ElementRule& rule, EditDefinition& edit);
  void check_content(const Attributes& attributes, const Children& children, const ElementRule& rule,
                     const EditDefinition& edit);
  std::optional<Text> take_id(const Attributes& attributes);

  ElementReader& elements_;
  Diagnostics& diagnostics_;
  FirstPlaces ids_;
};

std::string called(const ChainDefinition& chain) {
  return chain.name.text.empty() ? "this chain" : "chain '" + chain.name.text + "'";
}

ChainDefinition ChainReader::read(pugi::xml_node element) {
  ChainDefinition chain;
  chain.place = elements_.place(element);
  read_attributes(element, chain);
  const Children children = elements_.children(element, rules::kChain);
  FirstPlaces inputs("input", diagnostics_);
  bool has_parts = false;
  for (const pugi::xml_node child : children.elements) {
    if (local_name(child.name()) == "input") {
      Text key = elements_.leaf(child, rules::kInput).get("key");
      if (inputs.is_new(key)) chain.inputs.push_back(std::move(key));
    } else {
      has_parts = true;
      read_part(child, chain);
    }
  }
  if (!has_parts && children.complete && !chain.extends && !chain.allow_empty.value_or(false))
    diagnostics_.error(chain.place, called(chain) + " has no steps");
  return chain;
}

void ChainReader::read_attributes(pugi::xml_node element, ChainDefinition& chain) {
  const auto attributes = elements_.attributes(element, rules::kChain);
  const AttributeValues values("chain", attributes, diagnostics_);
  chain.name = attributes.get("name");
  chain.extends = attributes.find("extends");
  if (const auto locks = attributes.find("lock")) chain.locks = split(*locks, " \t\n");
  if (const auto recovery = values.choice("recovery", {"rollback", "resume"}))
    chain.recovery = *recovery == 0 ? RecoveryDefinition::kRollback : RecoveryDefinition::kResume;
  if (const auto allowed = values.flag("allow-empty")) chain.allow_empty = allowed->value;
  chain.policy = read_policy(values, chain.extends ? Attempts::kMaybeInherited : Attempts::kOwn);
}

void ChainReader::read_part(pugi::xml_node element, ChainDefinition& chain) {
  const std::string_view name = local_name(element.name());
  const bool is_step = std::ranges::find(rules::kSteps, name) != std::end(rules::kSteps);
  if (is_step && chain.extends) {
    diagnostics_.error(elements_.place(element), tag(name) + " in " + called(chain) + ", which extends '" +
                                                     chain.extends->text +
                                                     "': such a chain holds inputs and edits only");
  } else if (!is_step && !chain.extends) {
    diagnostics_.error(elements_.place(element), tag(name) + " in " + called(chain) + ", which extends no other");
  } else if (is_step) {
    chain.steps.push_back(step(element));
  } else if (name == "replace") {
    chain.edits.push_back(edit(element, rules::kReplace, EditKind::kReplace));
  } else if (name == "remove") {
    chain.edits.push_back(edit(element, rules::kRemove, EditKind::kRemove));
  } else if (name == "insert-before") {
    chain.edits.push_back(edit(element, rules::kInsertBefore, EditKind::kInsertBefore));
  } else {
    chain.edits.push_back(edit(element, rules::kInsertAfter, EditKind::kInsertAfter));
  }
}

StepDefinition ChainReader::step(pugi::xml_node element) {
  const std::string_view name = local_name(element.name());
  if (name == "flow") return step(element, rules::kFlow, "class", StepKind::kFlow);
  if (name == "extension-point") return step(element, rules::kExtensionPoint, "interface", StepKind::kExtensionPoint);
  if (name == "chain") return step(element, rules::kSubChain, "ref", StepKind::kChain);
  return parallel(element);
}

StepDefinition ChainReader::step(pugi::xml_node element, const ElementRule& rule, std::string_view name_attribute,
                                 StepKind kind) {
  const auto attributes = elements_.leaf(element, rule);
  const AttributeValues values(rule.name, attributes, diagnostics_);
  StepDefinition step;
  step.kind = kind;
  step.place = elements_.place(element);
  step.name = attributes.get(name_attribute);
  step.id = take_id(attributes);
  step.policy = read_policy(values, kind == StepKind::kChain ? Attempts::kMaybeInherited : Attempts::kOwn);
  step.release = values.choice("call", {"run", "release"}) == 1;
  return step;
}

std::vector<StepDefinition> ChainReader::steps(const Children& children) {
  std::vector<StepDefinition> steps;
  for (const pugi::xml_node child : children.elements) steps.push_back(step(child));
  return steps;
}

StepDefinition ChainReader::parallel(pugi::xml_node element) {
  const auto attributes = elements_.attributes(element, rules::kParallel);
  const AttributeValues values("parallel", attributes, diagnostics_);
  StepDefinition parallel;
  parallel.kind = StepKind::kParallel;
  parallel.place = elements_.place(element);
  parallel.name.place = parallel.place;
  parallel.id = take_id(attributes);
  if (const auto limit = values.whole("limit", 1, kMostBranches)) parallel.limit = limit->value;
  const Children children = elements_.children(element, rules::kParallel);
  for (const pugi::xml_node child : children.elements) parallel.steps.push_back(branch(child));
  if (children.elements.empty() && children.complete) diagnostics_.error(parallel.place, "<parallel> has no branches");
  return parallel;
}

StepDefinition ChainReader::branch(pugi::xml_node element) {
  StepDefinition branch;
  branch.kind = StepKind::kBranch;
  branch.place = elements_.place(element);
  branch.name.place = branch.place;
  if (local_name(element.name()) != "branch") {
    branch.steps.push_back(step(element));
    return branch;
  }
  static_cast<void>(elements_.attributes(element, rules::kBranch));
  const Children children = elements_.children(element, rules::kBranch);
  branch.steps = steps(children);
  if (branch.steps.empty() && children.complete) diagnostics_.error(branch.place, "<branch> has no steps");
  return branch;
}

EditDefinition ChainReader::edit(pugi::xml_node element, const ElementRule& rule, EditKind kind) {
  const auto attributes = elements_.attributes(element, rule);
  EditDefinition edit;
  edit.kind = kind;
  edit.place = elements_.place(element);
  read_target(attributes, rule, edit);
  edit.with = attributes.find("with");
  const Children children = elements_.children(element, rule);
  edit.steps = steps(children);
  check_content(attributes, children, rule, edit);
  return edit;
}

void ChainReader::read_target(const Attributes& attributes, const ElementRule& rule, EditDefinition& edit) {
  using By = EditDefinition::By;
  constexpr std::array<std::pair<std::string_view, By>, 4> kTargets{
      {{"flow", By::kFlow}, {"extension-point", By::kExtensionPoint}, {"chain", By::kChain}, {"id", By::kId}}};
  std::string_view first;
  for (const auto& [name, by] : kTargets) {
    auto target = attributes.find(name);
    if (!target) continue;
    if (!first.empty()) {
      diagnostics_.error(target->place, tag(rule.name) + " names what it is about by '" + std::string(first) +
                                            "' and by '" + std::string(name) + "': one of them is enough");
      edit.target.text.clear();
      return;
    }
    first = name;
    edit.by = by;
    edit.target = *std::move(target);
  }
  if (first.empty() && attributes.complete()) {
    diagnostics_.error(edit.place,
                       tag(rule.name) + " needs one of the attributes 'flow', 'extension-point', 'chain' and 'id'");
  }
}

void ChainReader::check_content(const Attributes& attributes, const Children& children, const ElementRule& rule,
                                const EditDefinition& edit) {
  if (edit.kind == EditKind::kRemove) return;
  if (edit.with && !edit.steps.empty()) {
    diagnostics_.error(edit.with->place, "<replace> has the attribute 'with', and steps within: one of them is enough");
  } else if (!edit.with && edit.steps.empty() && attributes.complete() && children.complete) {
    diagnostics_.error(edit.place, edit.kind == EditKind::kReplace
                                       ? "<replace> needs the attribute 'with', or steps within"
                                       : tag(rule.name) + " has no steps");
  }
}

std::optional<Text> ChainReader::take_id(const Attributes& attributes) {
  std::optional<Text> id = attributes.find("id");
  if (id && (id->text.empty() || !ids_.is_new(*id))) return std::nullopt;
  return id;
}

}  // namespace

ChainDefinition read_chain(pugi::xml_node element, ElementReader& elements, Diagnostics& diagnostics) {
  return ChainReader(elements, diagnostics).read(element);
}

}  // namespace tenon::descriptor
