#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flow/chain.h"

namespace tenon::flow {

enum class KeyUse : std::uint8_t { kReads, kOptional, kWrites };

/// What one step has to do with one key.
struct KeyFacts {
  std::string name;
  std::string type_name;
  KeyUse use = KeyUse::kReads;
  /// Of a key that is read: where its value may come from, the nearest first. Several if some of them depend on
  /// conditions.
  std::vector<std::uint32_t> from_steps;
  /// Whether it may also, or only, be as the caller gave it.
  bool from_input = false;
};

/// For each step, in the order of its contract. Empty for a step without one.
[[nodiscard]] std::vector<std::vector<KeyFacts>> keys_of(const Chain& chain);

}  // namespace tenon::flow
