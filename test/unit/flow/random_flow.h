#pragma once

#include <tenon/flow.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "flow/clock.h"

/// Flows that do what flows do, at random, and what they leave outside.
namespace tenon::test {

/// Numbers that follow from what they are about.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] Dice about(std::uint64_t what) const { return Dice(mixed(state_ ^ mixed(what + 1))); }
  std::uint32_t below(std::uint32_t limit) {
    state_ += 0x9e3779b97f4a7c15U;
    return static_cast<std::uint32_t>(mixed(state_) % limit);
  }
  bool percent(std::uint32_t chance) { return below(100) < chance; }

 private:
  static std::uint64_t mixed(std::uint64_t x) {  // splitmix64
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

/// What steps have made and not removed, by their keys. Knows nothing of the engine.
class Outside {
 public:
  void make(const std::string& key) {
    std::lock_guard lock(mutex_);
    there_.insert(key);
  }
  void remove(const std::string& key) {
    std::lock_guard lock(mutex_);
    there_.erase(key);
  }
  [[nodiscard]] bool has(const std::string& key) const {
    std::lock_guard lock(mutex_);
    return there_.count(key) != 0;
  }
  /// All that is there now, and the same put in its place later.
  [[nodiscard]] std::unordered_set<std::string> all() const {
    std::lock_guard lock(mutex_);
    return there_;
  }
  void become(std::unordered_set<std::string> all) {
    std::lock_guard lock(mutex_);
    there_ = std::move(all);
  }
  /// How often this was asked for the key.
  std::uint64_t count(const std::string& key) {
    std::lock_guard lock(mutex_);
    return counts_[key]++;
  }
  /// Calls `work` on a thread of nobody, at a later time.
  void later(std::chrono::microseconds delay, std::function<void()> work) {
    flow::SystemClock& clock = clocks_[delay.count() % 2];
    clock.at(clock.now() + delay, std::move(work));
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_set<std::string> there_;
  std::unordered_map<std::string, std::uint64_t> counts_;
  std::array<flow::SystemClock, 2> clocks_;
};

/// What a run is given.
struct RandomInput {
  static constexpr FlowKey<std::uint64_t> kOrdinal{"ordinal"};
  static constexpr FlowKey<std::string> kSlot{"slot"};
  static constexpr std::array kFlags{FlowKey<bool>{"flag0"}, FlowKey<bool>{"flag1"}};
  /// Written by flows, each by one of a chain.
  static constexpr std::array kMarks{FlowKey<bool>{"mark0"}, FlowKey<bool>{"mark1"}, FlowKey<bool>{"mark2"},
                                     FlowKey<bool>{"mark3"}};
  std::uint64_t ordinal = 0;
  std::string slot;
  std::array<bool, 2> flags{};
};

/// Answers at once, from another thread or late; goes on, fails, throws or drops its step. Makes its effect at the end
/// of its work, and perhaps a part of it before.
class RandomFlow final : public Flow {
 public:
  /// `reliable`: its undo does what it should, though it may take its time. `mark`: the one that it writes.
  RandomFlow(Outside& outside, Dice dice, bool reliable, std::optional<std::size_t> mark)
      : outside_(outside), dice_(dice), reliable_(reliable), mark_(mark) {}

  [[nodiscard]] bool skips(std::uint64_t ordinal) const { return dice_.about(kSkip).about(ordinal).below(4) == 0; }
  [[nodiscard]] std::optional<std::size_t> mark() const { return mark_; }
  [[nodiscard]] bool marks(std::uint64_t ordinal) const { return dice_.about(kMark).about(ordinal).below(3) != 0; }

  bool skip(const FlowData& data) const override {
    if (call(data).below(300) == 0) throw Error(make_error("TEST.3", "does not know whether to skip"));
    return skips(data.get(RandomInput::kOrdinal));
  }
  void pre_check(FlowStep step) const override { work<Side::kCheck>(std::move(step)); }
  void run(FlowStep step) const override {
    if (call(step).percent(50)) outside_.make(step.key());
    if (mark_) step.set(RandomInput::kMarks[*mark_], marks(step.get(RandomInput::kOrdinal)));
    work<Side::kRun>(std::move(step));
  }
  void rollback(FlowStep step) const override { work<Side::kUndo>(std::move(step)); }

 private:
  enum class Side { kCheck, kRun, kUndo };
  static constexpr std::uint64_t kSkip = 1;
  static constexpr std::uint64_t kMark = 2;

  /// For one call, or a part of it.
  Dice call(const FlowData& data) const {
    return dice_.about(data.get(RandomInput::kOrdinal)).about(outside_.count(data.key()));
  }

  template <Side kSide>
  void work(FlowStep step) const {
    Dice dice = call(step);
    const std::uint32_t when = dice.below(100);
    if (when < 60) return end<kSide>(std::move(step), true);
    if (when < 70) {
      return std::move(step).block(
          [](const Flow& flow, FlowStep taken) {
            static_cast<const RandomFlow&>(flow).end<kSide>(std::move(taken), false);
          },
          *this);
    }
    const std::chrono::microseconds delay(when < 90 ? 0 : 500 + dice.below(5'000));
    outside_.later(delay,
                   [this, kept = std::make_shared<FlowStep>(std::move(step))] { end<kSide>(std::move(*kept), false); });
    if (kSide != Side::kUndo && dice.below(60) == 0) throw std::runtime_error("after it gave its step away");
  }

  template <Side kSide>
  void end(FlowStep step, bool may_throw) const {
    Dice dice = call(step);
    const std::uint32_t how = dice.below(100);
    const bool good = kSide == Side::kUndo ? reliable_ || how < 90 : how < 94;
    if (kSide == Side::kRun) outside_.make(step.key());
    if (kSide == Side::kUndo && (good || dice.percent(50))) outside_.remove(step.key());
    if (good) return std::move(step).next();
    if (how % 3 == 0) return;  // drops it
    if (how % 3 == 1 && may_throw) throw std::runtime_error("at random");
    std::move(step).fail(make_error(how % 2 == 0 ? "TEST.1" : "OTHER.1", "at random"));
  }

  Outside& outside_;
  const Dice dice_;
  const bool reliable_;
  const std::optional<std::size_t> mark_;
};

}  // namespace tenon::test
