#pragma once

#include <cstdint>
#include <vector>

#include "flow/available_keys.h"
#include "flow/chain.h"

namespace tenon::flow {

/// Goes through a chain in the order in which it is written down and knows, before each of its steps, which keys have
/// values there. Once a walk.
class ChainWalk {
 public:
  explicit ChainWalk(const Chain& chain);
  ChainWalk(const ChainWalk&) = delete;
  ChainWalk& operator=(const ChainWalk&) = delete;

  void walk();

 protected:
  ~ChainWalk() = default;

  /// Before the point's steps. `guard`: its conditions.
  virtual void at_point(std::uint32_t /*point*/, const Guard& /*guard*/) {}
  /// Before what the step writes is there. `guard`: its conditions.
  virtual void at_step(std::uint32_t step, const Guard& guard) = 0;
  virtual void at_conflict(const AvailableKeys::Conflict& /*conflict*/) {}

  struct Branch {
    std::uint32_t parallel = 0;
    /// The branch that the parallel stands in; 0 is none.
    std::uint32_t outer = 0;
  };

  const Chain& chain_;
  AvailableKeys keys_;
  /// By their numbers, as in ExtensionPoint; the one of number 0 is none.
  std::vector<Branch> branches_ = std::vector<Branch>(1);
  /// The innermost branch where the walk is.
  std::uint32_t branch_ = 0;
  /// The scopes that are open where the walk is.
  std::vector<std::uint32_t> scopes_;

 private:
  void walk(OpRange range);
  void walk_points(std::uint32_t op);
  void walk_step(std::uint32_t index);
  std::uint32_t walk_parallel(std::uint32_t index, std::uint32_t end);

  std::size_t next_point_ = 0;
};

}  // namespace tenon::flow
