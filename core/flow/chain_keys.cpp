#include "flow/chain_keys.h"

#include <utility>

#include "flow/chain_walk.h"

namespace tenon::flow {
namespace {

class KeyWalk final : public ChainWalk {
 public:
  explicit KeyWalk(const Chain& chain) : ChainWalk(chain), facts_(chain.steps.size()) {}

  std::vector<std::vector<KeyFacts>> facts() {
    walk();
    return std::move(facts_);
  }

 private:
  void at_step(std::uint32_t index, const Guard& /*guard*/) override {
    const ChainStep& step = chain_.steps[index];
    if (step.contract == nullptr) return;
    for (const KeyEntry& read : step.contract->reads_list) add(index, read, KeyUse::kReads);
    for (const KeyEntry& used : step.contract->optional_list) add(index, used, KeyUse::kOptional);
    if (step.side == StepSide::kRelease) return;
    for (const KeyEntry& written : step.contract->writes_list) add(index, written, KeyUse::kWrites);
  }

  void add(std::uint32_t step, const KeyEntry& entry, KeyUse use) {
    KeyFacts facts{entry.name, entry.type_name, use, {}, false};
    if (use != KeyUse::kWrites) {
      std::uint32_t next = keys_.latest(keys_.id(entry.name));
      while (next != AvailableKeys::kNone) {
        const Production& production = keys_.production(next);
        if (production.step == Production::kInput) {
          facts.from_input = true;
        } else {
          facts.from_steps.push_back(production.step);
        }
        next = production.guard.empty() ? AvailableKeys::kNone : production.previous;
      }
    }
    facts_[step].push_back(std::move(facts));
  }

  std::vector<std::vector<KeyFacts>> facts_;
};

}  // namespace

std::vector<std::vector<KeyFacts>> keys_of(const Chain& chain) { return KeyWalk(chain).facts(); }

}  // namespace tenon::flow
