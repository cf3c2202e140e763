#include "wiring/chain_edits.h"

#include <tenon/interface.h>

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace tenon::wiring {
namespace {

using descriptor::Diagnostics;
using descriptor::EditDefinition;
using descriptor::Place;
using descriptor::StepDefinition;
using descriptor::Text;
using By = EditDefinition::By;
using Steps = std::vector<StepDefinition>;

/// A step where it stands.
struct Spot {
  Steps* list;
  std::size_t index;
  [[nodiscard]] StepDefinition& step() const { return (*list)[index]; }
};

/// All steps, those in branches after their parallel.
std::vector<Spot> spots(Steps& steps) {
  std::vector<Spot> all;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    all.push_back({&steps, i});
    const std::vector<Spot> within = spots(steps[i].steps);
    all.insert(all.end(), within.begin(), within.end());
  }
  return all;
}

StepDefinition::Kind kind_of(By by) {
  switch (by) {
    case By::kExtensionPoint: return StepDefinition::Kind::kExtensionPoint;
    case By::kChain: return StepDefinition::Kind::kChain;
    default: return StepDefinition::Kind::kFlow;
  }
}

std::string words(By by) {
  switch (by) {
    case By::kFlow: return "flow";
    case By::kExtensionPoint: return "extension point";
    case By::kChain: return "sub-chain";
    case By::kId: return "step of the id";
  }
  return {};
}

/// What an edit would have to name the step by; null if it is not one that can be named so.
const std::string* name_for(By by, const StepDefinition& step) {
  if (by == By::kId) return step.id ? &step.id->text : nullptr;
  return step.kind == kind_of(by) ? &step.name.text : nullptr;
}

bool is_meant(const EditDefinition& edit, const StepDefinition& step) {
  const std::string* name = name_for(edit.by, step);
  if (name == nullptr) return false;
  if (edit.by != By::kExtensionPoint) return *name == edit.target.text;
  return interface_matches(*name, edit.target.text) || interface_matches(edit.target.text, *name);
}

void remove_empty(Steps& steps) {
  for (StepDefinition& step : steps) remove_empty(step.steps);
  std::erase_if(steps, [](const StepDefinition& step) {
    const bool holds = step.kind == StepDefinition::Kind::kParallel || step.kind == StepDefinition::Kind::kBranch;
    return holds && step.steps.empty();
  });
}

class Editor {
 public:
  Editor(const std::string& chain, Steps& steps, Diagnostics& diagnostics)
      : chain_(chain), steps_(steps), diagnostics_(diagnostics) {}

  bool apply(const EditDefinition& edit) {
    if (edit.target.text.empty()) return false;  // reported by the reader
    const std::optional<Spot> spot = find(edit);
    if (!spot) return false;
    const auto at = spot->list->begin() + static_cast<std::ptrdiff_t>(spot->index);
    switch (edit.kind) {
      case EditDefinition::Kind::kReplace:
        if (edit.with) return rename(spot->step(), edit);
        spot->list->insert(spot->list->erase(at), edit.steps.begin(), edit.steps.end());
        break;
      case EditDefinition::Kind::kInsertBefore: spot->list->insert(at, edit.steps.begin(), edit.steps.end()); break;
      case EditDefinition::Kind::kInsertAfter: spot->list->insert(at + 1, edit.steps.begin(), edit.steps.end()); break;
      case EditDefinition::Kind::kRemove:
        spot->list->erase(at);
        remove_empty(steps_);
        break;
    }
    return true;
  }

 private:
  std::optional<Spot> find(const EditDefinition& edit) {
    std::optional<Spot> found;
    std::vector<std::string> names;
    for (const Spot& spot : spots(steps_)) {
      if (const std::string* name = name_for(edit.by, spot.step())) names.push_back(*name);
      if (!is_meant(edit, spot.step())) continue;
      if (found) {
        refuse(edit, "has " + words(edit.by) + " '" + edit.target.text + "' twice, at " +
                         found->step().place.to_string() + " and " + spot.step().place.to_string() +
                         ": give them ids and name one by that");
        return std::nullopt;
      }
      found = spot;
    }
    if (!found) {
      refuse(edit, "has no " + words(edit.by) + " '" + edit.target.text + "'" +
                       descriptor::suggestion(edit.target.text, names));
    }
    return found;
  }

  bool rename(StepDefinition& step, const EditDefinition& edit) {
    if (step.kind == StepDefinition::Kind::kParallel) {
      diagnostics_.error(edit.with->place,
                         "a <parallel> can't be replaced 'with' a name: steps within <replace> take its place");
      return false;
    }
    step.name = *edit.with;
    step.place = edit.place;
    return true;
  }

  void refuse(const EditDefinition& edit, const std::string& what) {
    diagnostics_.error(edit.target.place, "what chain '" + chain_ + "' extends " + what);
  }

  const std::string& chain_;
  Steps& steps_;
  Diagnostics& diagnostics_;
};

/// Each id must be one step's; of two that are the same, one that an edit brought is to blame.
bool check_ids(const std::vector<EditDefinition>& edits, Steps& steps, Diagnostics& diagnostics) {
  std::set<Place> brought;
  for (const EditDefinition& edit : edits) {
    Steps copies = edit.steps;
    for (const Spot& spot : spots(copies)) {
      if (spot.step().id) brought.insert(spot.step().id->place);
    }
  }
  std::map<std::string, Place> first;
  bool good = true;
  for (const Spot& spot : spots(steps)) {
    if (!spot.step().id) continue;
    const Text& id = *spot.step().id;
    const auto [known, fresh] = first.emplace(id.text, id.place);
    if (fresh) continue;
    const bool blame_first = brought.count(known->second) != 0 && brought.count(id.place) == 0;
    diagnostics.error(blame_first ? known->second : id.place, "id '" + id.text + "' was given before at " +
                                                                  (blame_first ? id.place : known->second).to_string());
    good = false;
  }
  return good;
}

}  // namespace

bool apply_edits(const std::string& chain, const std::vector<EditDefinition>& edits, Steps& steps,
                 Diagnostics& diagnostics) {
  Editor editor(chain, steps, diagnostics);
  bool good = true;
  for (const EditDefinition& edit : edits) good = editor.apply(edit) && good;
  return good && check_ids(edits, steps, diagnostics);
}

}  // namespace tenon::wiring
