#include "flow/available_keys.h"

#include <algorithm>

namespace tenon::flow {
namespace {

/// How many conditions are tried both ways until a key is taken to be missing.
constexpr int kSplits = 8;

Literal opposite(Literal literal) {
  literal.holds = !literal.holds;
  return literal;
}

bool contains(const Guard& guard, const Literal& literal) {
  return std::binary_search(guard.begin(), guard.end(), literal);
}

void add(Guard& guard, const Literal& literal) {
  const auto at = std::lower_bound(guard.begin(), guard.end(), literal);
  if (at == guard.end() || *at != literal) guard.insert(at, literal);
}

/// Whether a condition that holds is on this key, whichever value of it: a key that has a value keeps one.
bool tells_value(const Guard& known, KeyId key) {
  for (auto at = std::lower_bound(known.begin(), known.end(), Literal{key, 0, false});
       at != known.end() && at->key == key; ++at) {
    if (at->holds) return true;
  }
  return false;
}

}  // namespace

KeyId AvailableKeys::id(std::string_view name) {
  const auto [entry, fresh] = ids_.try_emplace(std::string(name), static_cast<KeyId>(names_.size()));
  if (fresh) {
    names_.push_back(&entry->first);
    latest_.push_back(kNone);
  }
  return entry->second;
}

void AvailableKeys::write(KeyId key, std::uint32_t step, Guard guard) {
  productions_.push_back({step, latest_[key], std::move(guard)});
  set_latest(key, static_cast<std::uint32_t>(productions_.size() - 1));
}

void AvailableKeys::set_latest(KeyId key, std::uint32_t production) {
  if (!branches_.empty()) branches_.back().emplace_back(key, latest_[key]);
  latest_[key] = production;
}

Guard AvailableKeys::guard(const std::vector<Condition>& conditions) {
  Guard guard;
  for (const Condition& condition : conditions) {
    const KeyId key = id(condition.key);
    add(guard, {key, latest_[key], !condition.negated});
  }
  return guard;
}

void AvailableKeys::close_branch() {
  std::vector<Entry> written = std::move(branches_.back());
  branches_.pop_back();
  // The first entry of a key has what was there before the branch.
  const auto by_key = [](const Entry& a, const Entry& b) { return a.first < b.first; };
  std::stable_sort(written.begin(), written.end(), by_key);
  const auto same_key = [](const Entry& a, const Entry& b) { return a.first == b.first; };
  written.erase(std::unique(written.begin(), written.end(), same_key), written.end());
  for (Entry& entry : written) std::swap(latest_[entry.first], entry.second);
  std::vector<Entry>& all = parallels_.back();
  all.insert(all.end(), written.begin(), written.end());
}

std::vector<AvailableKeys::Conflict> AvailableKeys::close_parallel() {
  std::vector<Entry> written = std::move(parallels_.back());
  parallels_.pop_back();
  std::stable_sort(written.begin(), written.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
  std::vector<Conflict> conflicts;
  const Entry* first = nullptr;
  for (const Entry& entry : written) {
    if (first != nullptr && first->first == entry.first) {
      conflicts.push_back({entry.first, productions_[first->second].step, productions_[entry.second].step});
    } else {
      first = &entry;
      set_latest(entry.first, entry.second);
    }
  }
  return conflicts;
}

bool AvailableKeys::available(KeyId key, const Guard& guard) const {
  if (anything()) return true;
  std::vector<const Guard*> ways;
  for (std::uint32_t i = latest_[key]; i != kNone; i = productions_[i].previous) {
    if (productions_[i].guard.empty()) return true;
    ways.push_back(&productions_[i].guard);
  }
  if (guard.empty() && ways.empty()) return false;
  Guard known;
  for (const Literal& literal : guard) {
    if (!learn(known, literal)) return true;  // no run gets here
  }
  return covered(key, ways, known, kSplits);
}

bool AvailableKeys::covered(KeyId key, const std::vector<const Guard*>& ways, const Guard& known, int splits) const {
  if (tells_value(known, key)) return true;
  const Literal* open = nullptr;
  for (const Guard* way : ways) {
    const Literal* unknown = nullptr;
    bool possible = true;
    for (const Literal& literal : *way) {
      if (contains(known, literal)) continue;
      if (unknown == nullptr) unknown = &literal;
      possible = possible && !contains(known, opposite(literal));
    }
    if (unknown == nullptr) return true;
    if (possible) open = unknown;
  }
  if (open == nullptr || splits == 0) return false;
  for (const Literal& either : {opposite(*open), *open}) {
    Guard more = known;
    if (learn(more, either) && !covered(key, ways, more, splits - 1)) return false;
  }
  return true;
}

bool AvailableKeys::learn(Guard& known, Literal literal) const {
  Guard pending{literal};
  while (!pending.empty()) {
    literal = pending.back();
    pending.pop_back();
    if (contains(known, literal)) continue;
    if (contains(known, opposite(literal))) return false;
    add(known, literal);
    if (!literal.holds || literal.key == Literal::kNotSkipped) continue;
    if (literal.version == kNone) return false;  // a key without a value is no condition that holds
    const Guard common = common_guard(literal.version);
    pending.insert(pending.end(), common.begin(), common.end());
  }
  return true;
}

/// What holds whenever this production or one before it took place.
Guard AvailableKeys::common_guard(std::uint32_t version) const {
  Guard common = productions_[version].guard;
  for (std::uint32_t i = productions_[version].previous; i != kNone && !common.empty(); i = productions_[i].previous) {
    const Guard& guard = productions_[i].guard;
    std::erase_if(common, [&](const Literal& literal) { return !contains(guard, literal); });
  }
  return common;
}

}  // namespace tenon::flow
