#include "wiring/chain_expansion.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "flow/key_template.h"
#include "wiring/chain_edits.h"
#include "wiring/resolver.h"

namespace tenon::wiring {
namespace {

using descriptor::ChainDefinition;
using descriptor::ConditionDefinition;
using descriptor::Diagnostics;
using descriptor::Place;
using descriptor::PolicyDefinition;
using descriptor::StepDefinition;
using descriptor::Text;
using Kind = StepDefinition::Kind;

constexpr std::size_t kDeepestChain = 64;
/// So that a few small chains can't grow without bound by naming each other twice.
constexpr std::size_t kMostSteps = 100'000;

/// What is given goes over what was there.
template <class T>
void put_over(std::optional<T>& there, const std::optional<T>& given) {
  if (given) there = given;
}

void put_over(PolicyDefinition& there, const PolicyDefinition& given) {
  put_over(there.timeout, given.timeout);
  put_over(there.retry, given.retry);
  put_over(there.backoff, given.backoff);
  put_over(there.max_backoff, given.max_backoff);
  put_over(there.jitter, given.jitter);
  put_over(there.retry_on, given.retry_on);
  put_over(there.retry_undo, given.retry_undo);
}

/// Adds the conditions to all flows and extension points among the steps, however deep.
void add_conditions(std::vector<StepDefinition>& steps, const std::vector<ConditionDefinition>& conditions) {
  for (StepDefinition& step : steps) {
    add_conditions(step.steps, conditions);
    if (step.kind != Kind::kFlow && step.kind != Kind::kExtensionPoint) continue;
    for (const ConditionDefinition& condition : conditions) {
      const bool known = std::ranges::any_of(step.policy.when, [&](const ConditionDefinition& other) {
        return other.key.text == condition.key.text && other.negated == condition.negated;
      });
      if (!known) step.policy.when.push_back(condition);
    }
  }
}

/// The steps that name other chains, however deep.
std::vector<const StepDefinition*> references_in(const std::vector<StepDefinition>& steps) {
  std::vector<const StepDefinition*> references;
  for (const StepDefinition& step : steps) {
    if (step.kind == Kind::kChain) references.push_back(&step);
    const std::vector<const StepDefinition*> within = references_in(step.steps);
    references.insert(references.end(), within.begin(), within.end());
  }
  return references;
}

class Expansion {
 public:
  Expansion(const std::vector<const ChainDefinition*>& definitions, Diagnostics& diagnostics)
      : definitions_(definitions), diagnostics_(diagnostics), chains_(definitions.size()), sizes_(definitions.size()) {
    for (std::size_t i = 0; i < definitions.size(); ++i) {
      names_.push_back(definitions[i]->name.text);
      index_.emplace(names_.back(), i);
    }
  }

  std::vector<ChainDefinition> expand() {
    derive_all();
    inline_all();
    std::vector<ChainDefinition> expanded;
    for (std::optional<ChainDefinition>& chain : chains_) {
      if (chain) expanded.push_back(*std::move(chain));
    }
    return expanded;
  }

 private:
  struct Size {
    std::size_t steps = 0;
    std::size_t depth = 1;
  };

  // --- What a chain takes over from the one that it extends.

  void derive_all() {
    std::vector<std::vector<std::size_t>> bases(definitions_.size());
    for (std::size_t i = 0; i < definitions_.size(); ++i) {
      if (!definitions_[i]->extends) continue;
      if (const std::optional<std::size_t> base = require(*definitions_[i]->extends)) bases[i].push_back(*base);
    }
    for (const std::size_t i :
         in_order(bases, "extend", [&](std::size_t from, std::size_t) { return definitions_[from]->extends->place; })) {
      if (!definitions_[i]->extends) {
        chains_[i] = *definitions_[i];
      } else if (!bases[i].empty() && chains_[bases[i].front()]) {
        chains_[i] = derived(*chains_[bases[i].front()], *definitions_[i]);
      }
      if (chains_[i] && !check_locks(*definitions_[i], *chains_[i])) chains_[i].reset();
    }
  }

  std::optional<ChainDefinition> derived(const ChainDefinition& base, const ChainDefinition& own) {
    ChainDefinition chain = base;
    chain.place = own.place;
    chain.name = own.name;
    chain.extends = own.extends;
    put_over(chain.locks, own.locks);
    put_over(chain.recovery, own.recovery);
    put_over(chain.allow_empty, own.allow_empty);
    put_over(chain.policy, own.policy);
    bool good = true;
    for (const Text& input : own.inputs) {
      const auto known = std::ranges::find(base.inputs, input.text, &Text::text);
      if (known != base.inputs.end() && !input.text.empty()) {
        diagnostics_.error(input.place,
                           "input '" + input.text + "' is inherited already from " + known->place.to_string());
        good = false;
      }
      chain.inputs.push_back(input);
    }
    if (!apply_edits(own.name.text, own.edits, chain.steps, diagnostics_)) return std::nullopt;
    if (chain.steps.empty() && !own.edits.empty() && !chain.allow_empty.value_or(false)) {
      diagnostics_.error(own.place, "chain '" + own.name.text + "' has no steps left");
      good = false;
    }
    return good ? std::optional(std::move(chain)) : std::nullopt;
  }

  /// A run takes its locks before its first step, when there is nothing but its inputs.
  bool check_locks(const ChainDefinition& own, const ChainDefinition& chain) {
    if (!own.locks) return true;
    bool good = true;
    for (const Text& lock : *own.locks) {
      const Result<flow::KeyTemplate> name = flow::KeyTemplate::parse(lock.text);
      if (!name) {
        diagnostics_.error(lock.place, "lock " + name.error().details);
        good = false;
        continue;
      }
      for (const std::string& key : missing_inputs(*name, chain)) {
        std::vector<std::string> inputs;
        for (const Text& input : chain.inputs) inputs.push_back(input.text);
        diagnostics_.error(lock.place, "lock '" + lock.text + "' of chain '" + own.name.text + "' needs the key '" +
                                           key + "', which is no input of it" + descriptor::suggestion(key, inputs));
        good = false;
      }
    }
    return good;
  }

  static std::vector<std::string> missing_inputs(const flow::KeyTemplate& name, const ChainDefinition& chain) {
    std::vector<std::string> missing = name.keys();
    std::erase_if(missing, [&](const std::string& key) {
      return std::ranges::find(chain.inputs, key, &Text::text) != chain.inputs.end();
    });
    return missing;
  }

  // --- What the chains that it refers to bring.

  void inline_all() {
    std::vector<std::vector<std::size_t>> parts(definitions_.size());
    std::vector<bool> whole(definitions_.size(), true);
    for (std::size_t i = 0; i < definitions_.size(); ++i) {
      if (!chains_[i]) continue;
      for (const StepDefinition* reference : references_in(chains_[i]->steps)) {
        const std::optional<std::size_t> part = require(reference->name);
        if (part) parts[i].push_back(*part);
        whole[i] = whole[i] && part;
      }
    }
    for (const std::size_t i :
         in_order(parts, "contain", [&](std::size_t from, std::size_t to) { return place_of_reference(from, to); })) {
      if (!chains_[i]) continue;
      if (!whole[i] || !inline_parts(*chains_[i], chains_[i]->steps, sizes_[i])) chains_[i].reset();
    }
  }

  bool inline_parts(ChainDefinition& chain, std::vector<StepDefinition>& steps, Size& size) {
    bool good = true;
    for (StepDefinition& step : steps) {
      ++size.steps;
      if (step.kind == Kind::kChain) {
        good = inline_part(chain, step, size) && good;
      } else {
        good = inline_parts(chain, step.steps, size) && good;
      }
    }
    return good;
  }

  bool inline_part(ChainDefinition& chain, StepDefinition& step, Size& size) {
    const std::size_t index = index_.find(step.name.text)->second;
    if (!chains_[index]) return false;
    const ChainDefinition& part = *chains_[index];
    size.steps += sizes_[index].steps;
    size.depth = std::max(size.depth, sizes_[index].depth + 1);
    if (size.depth > kDeepestChain)
      return refuse(step, "chains contain one another more than " + std::to_string(kDeepestChain) + " deep");
    if (size.steps > kMostSteps) {
      return refuse(step, "chain '" + chain.name.text + "' would have more than " + std::to_string(kMostSteps) +
                              " steps with this one");
    }
    step.steps = part.steps;
    PolicyDefinition policy = part.policy;
    put_over(policy, step.policy);
    add_conditions(step.steps, step.policy.when);
    step.policy = std::move(policy);
    return hoist_locks(chain, part, step);
  }

  bool hoist_locks(ChainDefinition& chain, const ChainDefinition& part, const StepDefinition& step) {
    if (!part.locks) return true;
    bool good = true;
    if (!chain.locks) chain.locks.emplace();
    for (const Text& lock : *part.locks) {
      if (std::ranges::find(*chain.locks, lock.text, &Text::text) != chain.locks->end()) continue;
      for (const std::string& key : missing_inputs(flow::KeyTemplate::parse(lock.text).value(), chain)) {
        good = refuse(step, "the lock '" + lock.text + "' of chain '" + part.name.text + "' (at " +
                                lock.place.to_string() + ") needs the key '" + key + "', which is no input of chain '" +
                                chain.name.text + "'");
      }
      chain.locks->push_back(lock);
    }
    return good;
  }

  // --- For both.

  /// The number of the chain of this name. One that is not there is reported.
  std::optional<std::size_t> require(const Text& name) {
    if (name.text.empty()) return std::nullopt;  // reported by the reader
    if (const auto found = index_.find(name.text); found != index_.end()) return found->second;
    if (reported_.insert(name.place).second) {
      diagnostics_.error(name.place,
                         "chain '" + name.text + "' is unknown" + descriptor::suggestion(name.text, names_));
    }
    return std::nullopt;
  }

  /// All chains, each after those that it needs. The chains on a cycle are reported, at the place where the first
  /// of them names the next, and are no more.
  std::vector<std::size_t> in_order(const std::vector<std::vector<std::size_t>>& needs, const char* verb,
                                    const std::function<Place(std::size_t from, std::size_t to)>& place) {
    std::vector<std::vector<std::size_t>> cycles;
    std::vector<std::size_t> order = dependency_order(definitions_.size(), needs, cycles);
    std::set<std::size_t> lost;
    for (const std::vector<std::size_t>& cycle : cycles) {
      std::string path;
      for (const std::size_t chain : cycle) path.append(path.empty() ? "" : " -> ").append(names_[chain]);
      diagnostics_.error(place(cycle[0], cycle[1]), std::string("chains ") + verb + " one another: " + path);
      lost.insert(cycle.begin(), cycle.end());
    }
    for (const std::size_t chain : lost) chains_[chain].reset();
    std::erase_if(order, [&](std::size_t chain) { return lost.count(chain) != 0; });
    return order;
  }

  Place place_of_reference(std::size_t from, std::size_t to) const {
    for (const StepDefinition* reference : references_in(chains_[from]->steps)) {
      if (reference->name.text == names_[to]) return reference->name.place;
    }
    return definitions_[from]->place;
  }

  /// Reports what is wrong with a reference, once for a chain and those that extend it.
  bool refuse(const StepDefinition& step, std::string what) {
    if (reported_.insert(step.name.place).second) diagnostics_.error(step.name.place, std::move(what));
    return false;
  }

  const std::vector<const ChainDefinition*>& definitions_;
  Diagnostics& diagnostics_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> index_;
  /// By the number of the definition; nothing for one that is wrong, or not made yet.
  std::vector<std::optional<ChainDefinition>> chains_;
  std::vector<Size> sizes_;
  std::set<Place> reported_;
};

}  // namespace

std::vector<ChainDefinition> expand_chains(const std::vector<const ChainDefinition*>& definitions,
                                           Diagnostics& diagnostics) {
  return Expansion(definitions, diagnostics).expand();
}

}  // namespace tenon::wiring
