#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/chain.h"
#include "flow/chain_proof.h"

/// How the proof of chains names what it speaks of.
namespace tenon::flow {

/// What somebody has to do with a key.
enum class Role : std::uint8_t {
  kInput,
  kReads,
  kOptional,
  kWrites,
  kPromises,  ///< an extension point, to its extensions
  kOffers,    ///< the same, if it is there
  kCondition,
  kLimit,
};

/// One who has to do with a key.
struct Mention {
  Role role;
  /// Of the chain's inputs, points or steps.
  std::uint32_t index;
  bool at_point = false;
};

/// Where an input, a point or a step is written down.
[[nodiscard]] const descriptor::Place& place_of(const Chain& chain, const Mention& mention);

/// `flow 'x'`, `extension 'I[b]' (tunnel.xml:12:5)`.
[[nodiscard]] std::string step_words(const Chain& chain, std::uint32_t step);
/// `flow 'x' at chain.xml:5:3`.
[[nodiscard]] std::string step_at_words(const Chain& chain, std::uint32_t step);

/// `flow 'x' reads 'host'`, `the condition of flow 'x' is on 'host'`.
[[nodiscard]] std::string mention_words(const Chain& chain, const Mention& mention, std::string_view key);
/// What follows after the key: `, which flow 'x' at chain.xml:5:3 reads`.
[[nodiscard]] std::string which_words(const Chain& chain, const Mention& mention);
/// `flow 'x' at chain.xml:5:3 reads it`.
[[nodiscard]] std::string it_words(const Chain& chain, const Mention& mention);

/// `flow 'a' of plugin 'p' (p.xml:3:3) or flow 'b' … could produce it`, of at most three.
[[nodiscard]] std::string candidate_words(const std::vector<const FlowClass*>& flows);

}  // namespace tenon::flow
