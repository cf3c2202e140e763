#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

/// Where the node publishes a chain.
struct ChainSlot {
  std::atomic<const void*> chain{nullptr};
};

/// A chain that a bean is given by its descriptor, as a list of flows:
/// ```cpp
/// void set_flow_class_names(tenon::FlowChain chain) { create_ = std::move(chain); }
/// …
/// .property("createVmWorkFlowElements", &VmManager::set_flow_class_names)
/// ```
/// ```xml
/// <property name="createVmWorkFlowElements">
///   <list><value>compute.AllocateHost</value><value>compute.CreateOnHypervisor</value></list>
/// </property>
/// ```
/// The node refuses a list that names something else than flows. A caller may give such a chain any keys, as nobody
/// says which ones it needs. Copies are the same chain.
class FlowChain {
 public:
  /// The classes of its flows, in order.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] bool empty() const noexcept { return names_.empty(); }

  /// The chain, for the node to run, as long as a lease that was taken before; there from before the bean's `start()`
  /// until after its `stop()`, null outside of that and if the descriptor gives no list. Any thread may call.
  [[nodiscard]] const void* chain() const noexcept {
    return slot_ != nullptr ? slot_->chain.load(std::memory_order_acquire) : nullptr;
  }

  /// For the node.
  void bind(const ChainSlot* slot, std::vector<std::string> names) {
    slot_ = slot;
    names_ = std::move(names);
  }

 private:
  const ChainSlot* slot_ = nullptr;
  std::vector<std::string> names_;
};

}  // namespace tenon
