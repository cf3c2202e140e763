#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::testing {

/// What there is outside of the node: for a stand-in of a device, which notes here what flows and drivers make and
/// remove, so that a test can tell what was left, and what was done twice by different hands. Any thread.
/// ```cpp
/// tenon::testing::Ledger disks;
/// disks.make("disk-1", step.step_key());
/// …
/// EXPECT_THAT(disks.left(), IsEmpty());
/// EXPECT_THAT(disks.faults(), IsEmpty());
/// ```
class Ledger {
 public:
  /// Notes that `resource` is there, made by `maker`: the key of a step, or whatever names the same work when it is
  /// repeated. Whether it is new; made again by the same maker it is not, and made again by another one that is a
  /// fault.
  bool make(const std::string& resource, const std::string& maker = {}) {
    const std::lock_guard lock(mutex_);
    history_.push_back("make " + resource);
    const auto [found, fresh] = there_.try_emplace(resource, maker);
    if (!fresh && found->second != maker) {
      faults_.push_back("'" + resource + "' made by '" + maker + "', though '" + found->second + "' has made it");
    }
    return fresh;
  }

  /// Notes that it is gone. Whether it was there: an undo may come when there is nothing to undo.
  bool remove(const std::string& resource) {
    const std::lock_guard lock(mutex_);
    history_.push_back("remove " + resource);
    return there_.erase(resource) != 0;
  }

  /// Notes something else that should not have happened.
  void fault(std::string what) {
    const std::lock_guard lock(mutex_);
    faults_.push_back(std::move(what));
  }

  [[nodiscard]] bool has(const std::string& resource) const {
    const std::lock_guard lock(mutex_);
    return there_.count(resource) != 0;
  }
  /// Who made it; empty if it is not there.
  [[nodiscard]] std::string maker(const std::string& resource) const {
    const std::lock_guard lock(mutex_);
    const auto found = there_.find(resource);
    return found != there_.end() ? found->second : std::string();
  }
  /// What is there, sorted.
  [[nodiscard]] std::vector<std::string> left() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [resource, maker] : there_) names.push_back(resource);
    return names;
  }
  /// What went wrong, in the order it did.
  [[nodiscard]] std::vector<std::string> faults() const {
    const std::lock_guard lock(mutex_);
    return faults_;
  }
  /// `make NAME` and `remove NAME`, in the order of the calls.
  [[nodiscard]] std::vector<std::string> history() const {
    const std::lock_guard lock(mutex_);
    return history_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> there_;
  std::vector<std::string> faults_;
  std::vector<std::string> history_;
};

}  // namespace tenon::testing
