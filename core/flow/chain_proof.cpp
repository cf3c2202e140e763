#include "flow/chain_proof.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "flow/chain_walk.h"
#include "flow/proof_words.h"

namespace tenon::flow {
namespace {

using descriptor::Diagnostics;
using descriptor::Place;

constexpr std::uint32_t kNone = AvailableKeys::kNone;
/// How many producers of a key that may be missing are named.
constexpr int kMostProducers = 3;

bool names(const std::vector<KeyEntry>& entries, std::string_view key) {
  return std::any_of(entries.begin(), entries.end(), [&](const KeyEntry& entry) { return entry.name == key; });
}

/// `disk.Make` of `disk.prepare/disk.Make`.
std::string_view class_name(const ChainStep& step) {
  return std::string_view(step.name).substr(step.name.rfind('/') + 1);
}

/// `Tunnel` of `sample.Prepare[Tunnel]`: whose step it is.
std::string_view bean_name(const ChainStep& step) {
  const std::string_view name = step.name;
  const std::size_t begin = name.rfind('[') + 1;
  return name.substr(begin, name.rfind(']') - begin);
}

/// The proof of one chain. What depends on all of its steps, and the wording, is left to the end.
class Prover final : public ChainWalk {
 public:
  Prover(const Chain& chain, const std::vector<FlowClass>& flows, Diagnostics& diagnostics)
      : ChainWalk(chain), flows_(flows), diagnostics_(diagnostics), branch_of_(chain.steps.size()) {}

  void prove() {
    for (std::uint32_t i = 0; i < chain_.inputs.size(); ++i) mention(chain_.inputs[i].key, {Role::kInput, i});
    check_locks();
    walk();
    for (const Missing& missing : missing_) report(missing);
    for (const ExtensionRead& read : extension_reads_) report(read);
    for (const auto& [step, key] : extension_writes_) report_shared(step, key);
    for (const LockFault& fault : lock_faults_) report(fault);
    warn_of_unused_inputs();
  }

 private:
  struct KeyInfo {
    /// The first one that names a type.
    std::optional<Mention> typed;
    const KeyEntry* type = nullptr;
    /// The last step or point whose type was refused: each is, once.
    const void* type_fault = nullptr;
    /// The first one that is no extension.
    std::optional<Mention> by_chain;
    std::uint32_t first_extension_writer = kNone;
    std::vector<std::uint32_t> writers;
    bool used = false;
    bool conflict = false;
  };

  /// A key that may have no value where it is needed.
  struct Missing {
    KeyId key;
    Mention user;
    Place place;
    /// Of what is needed; 0: any.
    std::uint64_t type;
    Guard guard;
    std::uint32_t latest;
    std::uint32_t branch;
  };

  /// A key that the interface does not promise.
  struct ExtensionRead {
    std::uint32_t step;
    KeyId key;
    std::optional<Missing> missing;
  };

  struct LockFault {
    const LockPolicy* lock;
    KeyId key;
  };

  /// The first of the steps under one condition.
  struct ConditionUse {
    std::uint32_t version;
    std::uint32_t scope;
    bool reported = false;
  };

  KeyInfo& info(KeyId key) {
    if (infos_.size() <= key) infos_.resize(keys_.size());
    return infos_[key];
  }

  KeyId mention(std::string_view name, const Mention& by, bool by_chain = true) {
    const KeyId key = keys_.id(name);
    KeyInfo& known = info(key);
    known.used = known.used || (by.role != Role::kInput && by.role != Role::kWrites);
    if (by_chain && !known.by_chain) known.by_chain = by;
    return key;
  }

  KeyId mention(const KeyEntry& entry, const Mention& by, bool by_chain) {
    const KeyId key = mention(entry.name, by, by_chain);
    KeyInfo& known = info(key);
    if (!known.typed) {
      known.typed = by;
      known.type = &entry;
    } else if (known.type->type_id != entry.type_id) {
      refuse_type(known, entry, by);
    }
    return key;
  }

  void refuse_type(KeyInfo& known, const KeyEntry& entry, const Mention& by) {
    const Place& place = place_of(chain_, by);
    if (std::exchange(known.type_fault, &place) == &place) return;
    const bool same_name = known.type->type_name == entry.type_name;
    error(place, mention_words(chain_, by, entry.name) + " as " + entry.type_name + "; " +
                     it_words(chain_, *known.typed) + " as " + (same_name ? "another " : "") + known.type->type_name +
                     (same_name ? ": its members differ" : ""));
  }

  void check_locks() {
    for (const LockPolicy& lock : chain_.locks) {
      for (const std::string& name : lock.key.keys()) {
        const KeyId key = mention(name, {Role::kLimit, 0}, false);
        const KeyInfo& known = info(key);
        if (!known.by_chain || known.by_chain->role != Role::kInput) lock_faults_.push_back({&lock, key});
      }
    }
  }

  void at_point(std::uint32_t index, const Guard& guard) override {
    const ExtensionPoint& point = chain_.points[index];
    last_point_ = &point;
    check_policy(point.policy.get(), {Role::kCondition, index, true}, guard);
    if (point.contract == nullptr) return;
    for (const KeyEntry& promised : point.contract->reads_list) {
      const Mention by{Role::kPromises, index, true};
      require(mention(promised, by, true), by, point.place, promised.type_id, guard);
    }
    for (const KeyEntry& offered : point.contract->optional_list) mention(offered, {Role::kOffers, index, true}, true);
  }

  void at_step(std::uint32_t index, const Guard& guard) override {
    const ChainStep& step = chain_.steps[index];
    branch_of_[index] = branch_;
    check_policy(step.policy.get(), {Role::kCondition, index}, guard);
    if (step.policy) check_flips(step.policy->when, index);
    if (step.contract == nullptr) {
      without_contract_ = true;
    } else if (step.interface.empty()) {
      check_flow(index, guard);
    } else {
      check_extension(index, guard);
    }
  }

  void check_policy(const StepPolicy* policy, Mention by, const Guard& guard) {
    if (policy == nullptr) return;
    for (const Condition& condition : policy->when) {
      const KeyId key = mention(condition.key, by);
      if (keys_.latest(key) != kNone || keys_.anything()) continue;
      missing_.push_back({key, by, condition.place, 0, guard, kNone, branch_});
    }
    if (!policy->concurrency) return;
    by.role = Role::kLimit;
    for (const std::string& name : policy->concurrency->key.keys()) {
      require(mention(name, by), by, policy->concurrency->place, 0, guard);
    }
  }

  /// Steps that are put under one condition together are to run together.
  void check_flips(const std::vector<Condition>& conditions, std::uint32_t step) {
    for (const Condition& condition : conditions) {
      if (condition.place.line == 0) continue;  // built in code: nothing tells which belong together
      const std::uint32_t scope = scopes_.empty() ? kNone : scopes_.back();
      const std::uint32_t version = keys_.latest(keys_.id(condition.key));
      const auto [entry, first] = condition_uses_.try_emplace({condition.place, condition.key, condition.negated},
                                                              ConditionUse{version, scope});
      ConditionUse& use = entry->second;
      const bool open = use.scope == kNone || std::find(scopes_.begin(), scopes_.end(), use.scope) != scopes_.end();
      if (first || use.version == version) continue;
      if (!open) {  // the same part of a sub-chain, put in once more
        use = {version, scope};
      } else if (!std::exchange(use.reported, true)) {
        const std::uint32_t writer = keys_.production(version).step;
        error(chain_.steps[writer].place, mention_words(chain_, {Role::kWrites, writer}, condition.key) +
                                              ", on which its own condition is: " + step_at_words(chain_, step) +
                                              ", under the same condition, could be left out by that");
      }
    }
  }

  void check_flow(std::uint32_t index, const Guard& guard) {
    const ChainStep& step = chain_.steps[index];
    for (const KeyEntry& read : step.contract->reads_list) {
      const Mention by{Role::kReads, index};
      require(mention(read, by, true), by, step.place, read.type_id, guard);
    }
    for (const KeyEntry& used : step.contract->optional_list) mention(used, {Role::kOptional, index}, true);
    if (step.side == StepSide::kRelease) return;
    for (const KeyEntry& written : step.contract->writes_list) {
      info(mention(written, {Role::kWrites, index}, true)).writers.push_back(index);
    }
  }

  void check_extension(std::uint32_t index, const Guard& guard) {
    const ChainStep& step = chain_.steps[index];
    const bool point_proved = last_point_ != nullptr && last_point_->interface == step.interface;
    static const FlowContract kNothing;
    const FlowContract& interface = step.interface_contract ? *step.interface_contract : kNothing;
    for (const KeyEntry& read : step.contract->reads_list) {
      const Mention by{Role::kReads, index};
      const KeyId key = mention(read, by, false);
      if (!names(interface.reads_list, read.name)) {
        extension_reads_.push_back({index, key, find_missing(key, by, step.place, read.type_id, guard)});
      } else if (!point_proved) {
        require(key, by, step.place, read.type_id, guard);
      }
    }
    for (const KeyEntry& used : step.contract->optional_list) {
      const KeyId key = mention(used, {Role::kOptional, index}, false);
      if (names(interface.reads_list, used.name) || names(interface.optional_list, used.name)) continue;
      extension_reads_.push_back({index, key, std::nullopt});
    }
    for (const KeyEntry& written : step.contract->writes_list) {
      // Also of a release: what it reads, its run side may have written elsewhere.
      const KeyId key = mention(written, {Role::kWrites, index}, false);
      own_keys_.emplace(bean_name(step), key);
      extension_writes_.emplace_back(index, key);
      KeyInfo& known = info(key);
      if (known.first_extension_writer == kNone) known.first_extension_writer = index;
      if (step.side == StepSide::kRun) known.writers.push_back(index);
    }
  }

  void at_conflict(const AvailableKeys::Conflict& conflict) override {
    info(conflict.key).conflict = true;
    const std::string& key = keys_.name(conflict.key);
    if (key.empty()) return;  // two steps without contracts
    error(chain_.steps[conflict.second_step].place, mention_words(chain_, {Role::kWrites, conflict.second_step}, key) +
                                                        ", which " + step_at_words(chain_, conflict.first_step) +
                                                        " writes in another branch of the parallel");
  }

  std::optional<Missing> find_missing(KeyId key, const Mention& by, const Place& place, std::uint64_t type,
                                      const Guard& guard) {
    if (info(key).conflict || keys_.available(key, guard)) return std::nullopt;
    return Missing{key, by, place, type, guard, keys_.latest(key), branch_};
  }

  void require(KeyId key, const Mention& by, const Place& place, std::uint64_t type, const Guard& guard) {
    if (std::optional<Missing> missing = find_missing(key, by, place, type, guard)) {
      missing_.push_back(std::move(*missing));
    }
  }

  void report(const Missing& missing) {
    // Several steps may share a condition or a limit.
    const bool shared = missing.user.role == Role::kCondition || missing.user.role == Role::kLimit;
    if (shared && !reported_.emplace(missing.place, missing.key, missing.user.role).second) return;
    error(missing.place, mention_words(chain_, missing.user, keys_.name(missing.key)) +
                             (missing.latest == kNone ? why_never(missing) : why_not_always(missing)));
  }

  std::string why_never(const Missing& missing) {
    const std::string nothing = ", which nothing before it produces";
    const bool at_step = !missing.user.at_point;
    std::string later;
    for (std::uint32_t writer : info(missing.key).writers) {
      if (at_step && writer == missing.user.index) continue;
      if (are_siblings(branch_of_[writer], missing.branch)) {
        return which_words(chain_, {Role::kWrites, writer}) +
               " in another branch of the parallel: branches do not see each other's keys before all have ended";
      }
      if (later.empty()) later = nothing + ": " + step_at_words(chain_, writer) + " would, but comes later";
    }
    if (!later.empty()) return later;
    const std::string candidates = candidate_words(producers(missing));
    return nothing + descriptor::suggestion(keys_.name(missing.key), produced_before(missing)) +
           (candidates.empty() ? "" : ": " + candidates);
  }

  std::vector<const FlowClass*> producers(const Missing& missing) const {
    std::vector<const FlowClass*> found;
    for (const FlowClass& flow : flows_) {
      if (!missing.user.at_point && flow.name == class_name(chain_.steps[missing.user.index])) continue;
      for (const KeyEntry& entry : flow.contract.writes_list) {
        if (entry.name != keys_.name(missing.key) || (missing.type != 0 && missing.type != entry.type_id)) continue;
        found.push_back(&flow);
        break;
      }
    }
    return found;
  }

  std::vector<std::string> produced_before(const Missing& missing) {
    const std::uint32_t end = missing.user.at_point ? first_step_of(missing.user.index) : missing.user.index;
    std::vector<std::string> found;
    for (KeyId key = 0; key < infos_.size(); ++key) {
      const KeyInfo& known = infos_[key];
      const bool input = known.by_chain && known.by_chain->role == Role::kInput;
      if (input || (!known.writers.empty() && known.writers.front() < end)) found.push_back(keys_.name(key));
    }
    return found;
  }

  /// The first step after a point's place.
  std::uint32_t first_step_of(std::uint32_t point) const {
    for (std::uint32_t i = chain_.points[point].op; i < chain_.ops.size(); ++i) {
      if (chain_.ops[i].kind == Op::Kind::kStep) return chain_.ops[i].index;
    }
    return static_cast<std::uint32_t>(chain_.steps.size());
  }

  /// Whether two branches are of one parallel, or stand within such.
  bool are_siblings(std::uint32_t a, std::uint32_t b) const {
    for (std::uint32_t outer_a = a; outer_a != 0; outer_a = branches_[outer_a].outer) {
      for (std::uint32_t outer_b = b; outer_b != 0; outer_b = branches_[outer_b].outer) {
        if (outer_a != outer_b && branches_[outer_a].parallel == branches_[outer_b].parallel) return true;
      }
    }
    return false;
  }

  std::string why_not_always(const Missing& missing) {
    std::string producers;
    std::uint32_t next = missing.latest;
    for (int named = 0; next != kNone && named < kMostProducers; ++named) {
      const Production& production = keys_.production(next);
      next = production.previous;
      producers += (producers.empty() ? "" : ", ") + step_at_words(chain_, production.step) + " writes it only ";
      std::string conditions;
      for (const Literal& literal : production.guard) {
        conditions += (conditions.empty() ? "" : " and ") + literal_words(literal, missing.guard);
      }
      producers += conditions;
    }
    if (missing.user.role == Role::kReads || missing.user.role == Role::kPromises) {
      producers += "; with when=\"" + keys_.name(missing.key) + "\" it would be run only if there is one";
    }
    return ", which may be missing: " + producers;
  }

  /// `reader`: what holds where the key is needed.
  std::string literal_words(const Literal& literal, const Guard& reader) {
    if (literal.key == Literal::kNotSkipped) return "if it does not skip itself";
    std::string words = (literal.holds ? "when '" : "unless '") + keys_.name(literal.key) + "'";
    for (const Literal& known : reader) {
      if (known.key != literal.key || known.holds != literal.holds || known.version == literal.version) continue;
      return words + ", as it was before " + step_at_words(chain_, keys_.production(known.version).step) + " wrote it";
    }
    return words;
  }

  void report(const ExtensionRead& read) {
    const ChainStep& step = chain_.steps[read.step];
    if (own_keys_.count({bean_name(step), read.key}) != 0) {
      if (read.missing) report(*read.missing);
      return;
    }
    const std::string& key = keys_.name(read.key);
    std::vector<std::string> promised;
    bool offered = false;
    if (step.interface_contract) {
      for (const KeyEntry& entry : step.interface_contract->reads_list) promised.push_back(entry.name);
      for (const KeyEntry& entry : step.interface_contract->optional_list) promised.push_back(entry.name);
      offered = names(step.interface_contract->optional_list, key);
    }
    error(step.place,
          mention_words(chain_, {Role::kReads, read.step}, key) + ", which " + step.interface +
              (offered ? " promises as optional only" : " does not promise" + descriptor::suggestion(key, promised)));
  }

  void report_shared(std::uint32_t index, KeyId key) {
    const ChainStep& step = chain_.steps[index];
    const KeyInfo& known = info(key);
    std::optional<Mention> other = known.by_chain;
    if (!other && bean_name(chain_.steps[known.first_extension_writer]) != bean_name(step)) {
      other = Mention{Role::kWrites, known.first_extension_writer};
    }
    if (!other) return;
    error(step.place, mention_words(chain_, {Role::kWrites, index}, keys_.name(key)) + which_words(chain_, *other) +
                          ": an extension writes keys of its own alone");
  }

  void report(const LockFault& fault) {
    const KeyInfo& known = info(fault.key);
    std::vector<std::string> inputs;
    for (const ChainInput& input : chain_.inputs) inputs.push_back(input.key);
    const std::string& key = keys_.name(fault.key);
    error(fault.lock->place,
          "the lock '" + fault.lock->key.text() + "' is named by '" + key + "', which is no input" +
              descriptor::suggestion(key, inputs) +
              (known.writers.empty() ? "" : ": " + step_at_words(chain_, known.writers.front()) + " writes it, but") +
              (known.writers.empty() ? ": locks" : " locks") + " are taken before the first flow");
  }

  void warn_of_unused_inputs() {
    if (without_contract_) return;
    for (const ChainInput& input : chain_.inputs) {
      if (info(keys_.id(input.key)).used) continue;
      diagnostics_.warning(input.place, "chain '" + chain_.name + "': nothing uses the input '" + input.key + "'");
    }
  }

  void error(const Place& place, const std::string& what) {
    diagnostics_.error(place, "chain '" + chain_.name + "': " + what);
  }

  const std::vector<FlowClass>& flows_;
  Diagnostics& diagnostics_;
  std::vector<KeyInfo> infos_;
  std::vector<std::uint32_t> branch_of_;
  const ExtensionPoint* last_point_ = nullptr;
  bool without_contract_ = false;
  std::vector<Missing> missing_;
  std::vector<ExtensionRead> extension_reads_;
  std::vector<std::pair<std::uint32_t, KeyId>> extension_writes_;
  /// Which bean writes which key.
  std::set<std::pair<std::string_view, KeyId>> own_keys_;
  std::vector<LockFault> lock_faults_;
  std::map<std::tuple<Place, std::string, bool>, ConditionUse> condition_uses_;
  std::set<std::tuple<Place, KeyId, Role>> reported_;
};

}  // namespace

void ChainProof::prove(const Chain& chain) {
  Prover(chain, flows_, diagnostics_).prove();
  warn_of_missing_undo(chain);
}

void ChainProof::warn_of_missing_undo(const Chain& chain) {
  for (std::uint32_t i = 0; i < chain.steps.size(); ++i) {
    const ChainStep& step = chain.steps[i];
    if (step.has_undo || step.side == StepSide::kRelease) continue;
    const std::string_view name = step.interface.empty() ? class_name(step) : bean_name(step);
    if (!without_undo_.emplace(name).second) continue;
    diagnostics_.warning(
        step.place, step_words(chain, i) + " has no undo: derive it from NoRollbackFlow if it makes nothing outside");
  }
}

}  // namespace tenon::flow
