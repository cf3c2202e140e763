#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flow/policy.h"

namespace tenon::flow {

/// A key's number within one chain.
using KeyId = std::uint32_t;

/// Something that holds in a run or does not, for good: that the value which a key had at one point is a condition that
/// holds, or that a step did not skip itself.
struct Literal {
  /// Stands for a key where the literal is about a step that did not skip itself.
  static constexpr KeyId kNotSkipped = UINT32_MAX;

  KeyId key;
  /// Which value of the key is meant: the production that was its latest. Of kNotSkipped: the step.
  std::uint32_t version;
  bool holds;
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the zero of the generated comparison for a pointer.
  friend auto operator<=>(const Literal&, const Literal&) = default;
};

/// All of these hold. Sorted, each once.
using Guard = std::vector<Literal>;

/// One place where a key gets a value: an input, or a step that writes it.
struct Production {
  static constexpr std::uint32_t kInput = UINT32_MAX;
  std::uint32_t step;
  /// The one before it that is seen where this is, or AvailableKeys::kNone.
  std::uint32_t previous;
  /// When it takes place.
  Guard guard;
};

/// Which keys have a value at one place of a chain, and when. Moves through the chain from its beginning, with the
/// chain's `write`s and branches; answers for the place where it is. Near-linear: a question looks at the key's
/// conditional productions alone.
class AvailableKeys {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// A key that two branches of one parallel write.
  struct Conflict {
    KeyId key;
    std::uint32_t first_step;
    std::uint32_t second_step;
  };

  AvailableKeys() { id({}); }
  KeyId id(std::string_view name);
  [[nodiscard]] const std::string& name(KeyId key) const { return *names_[key]; }
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

  void input(KeyId key) { write(key, Production::kInput, {}); }
  void write(KeyId key, std::uint32_t step, Guard guard);
  /// From here on every key may have a value: a step without a contract was run.
  void write_anything(std::uint32_t step) { write(kAnything, step, {}); }
  [[nodiscard]] bool anything() const { return latest_[kAnything] != kNone; }

  /// The conditions, as they are about the values that their keys have here.
  [[nodiscard]] Guard guard(const std::vector<Condition>& conditions);

  /// The newest production of the key that is seen here, or kNone.
  [[nodiscard]] std::uint32_t latest(KeyId key) const { return latest_[key]; }
  [[nodiscard]] const Production& production(std::uint32_t index) const { return productions_[index]; }

  /// Whether the key has a value here in every run in which `guard` holds. It has if each such run has one of its
  /// productions: one of the same conditions or fewer, or some that complete each other as `k` and `!k` do. A condition
  /// on a key tells that the key has a value, and so that what produced it took place. May say no where only an
  /// involved case analysis would show yes; never yes where a value can be missing.
  [[nodiscard]] bool available(KeyId key, const Guard& guard) const;

  /// Branches see what was there before their parallel and what they write themselves.
  void open_parallel() { parallels_.emplace_back(); }
  void open_branch() { branches_.emplace_back(); }
  void close_branch();
  /// All that the branches wrote is seen from here on.
  std::vector<Conflict> close_parallel();

 private:
  /// Has no name.
  static constexpr KeyId kAnything = 0;

  /// A key and one of its productions.
  using Entry = std::pair<KeyId, std::uint32_t>;

  void set_latest(KeyId key, std::uint32_t production);
  /// Adds what follows from a literal; false if it can't hold together with what is known.
  bool learn(Guard& known, Literal literal) const;
  [[nodiscard]] Guard common_guard(std::uint32_t version) const;
  bool covered(KeyId key, const std::vector<const Guard*>& ways, const Guard& known, int splits) const;

  std::unordered_map<std::string, KeyId> ids_;
  std::vector<const std::string*> names_;
  std::vector<std::uint32_t> latest_;
  std::vector<Production> productions_;
  /// Of each open branch, what was the latest production of the keys that it wrote.
  std::vector<std::vector<Entry>> branches_;
  /// Of each open parallel, what its closed branches wrote.
  std::vector<std::vector<Entry>> parallels_;
};

}  // namespace tenon::flow
