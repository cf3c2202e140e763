#pragma once

#include <tenon/blocking_extension.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/vm.h>
#include <tenon/iaas/vm_steps.h>
#include <tenon/wiring.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the plugin of an L2 driver needs beside the contract: the step that brings its networks to where VMs are.
namespace tenon::iaas {

/// Whether the host is the machine that this node runs on, as its uri tells: one without a host part
/// (`qemu:///system`), or with a name of the local machine. For drivers that act on their own machine only.
[[nodiscard]] inline bool is_this_machine(const HostRecord& host) {
  const std::string_view uri = host.uri;
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view authority = uri.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?"));
  if (const std::size_t user = authority.rfind('@'); user != std::string_view::npos) authority.remove_prefix(user + 1);
  if (authority.starts_with("[::1]")) return true;
  const std::string_view name = authority.substr(0, authority.find(':'));
  return name.empty() || name == "localhost" || name == "127.0.0.1";
}

/// Whether the kernel takes the text as an interface's name: 1 to 15 characters. Only letters, digits, `.`, `_` and `-`
/// are let through, and neither `.` nor `-` at the beginning.
[[nodiscard]] inline bool is_interface_name(std::string_view name) {
  constexpr std::size_t kLongest = 15;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kLongest && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

/// The highest VLAN; the lowest is 1.
inline constexpr std::uint16_t kMaxVlan = 4094;

/// Realizes the networks of a VM's NICs on its host, those of the types that it is told, if the host has what they all
/// need; the undo gives them up again. When the VM is gone for good it gives them up whoever realized them, and removes
/// ports that the hypervisor left.
///
/// The plugin of an L2 driver registers it for its own types:
/// ```cpp
/// plugin.bean<tenon::iaas::RealizeL2Networks>("ovs.RealizeL2Networks")
///     .implements<tenon::iaas::PreVmInstantiateResourceExtensionPoint>()
///     .property("types", &tenon::iaas::RealizeL2Networks::types)
///     .inject(&tenon::iaas::RealizeL2Networks::drivers)
///     .reads(tenon::iaas::kHost)
///     .reads(tenon::iaas::kNics);
/// ```
class RealizeL2Networks final : public BlockingReleasableExtension<PreVmInstantiateResourceExtensionPoint> {
 public:
  void check(FlowData& data) const override;
  void execute(FlowData& data) const override;
  void undo(FlowData& data) const override;
  void give_back(FlowData& data) const override;

  std::vector<std::string> types;
  Drivers<L2NetworkFactory> drivers;
};

namespace detail {

template <class Work>
void for_each_l2_network(const FlowData& data, const std::vector<std::string>& types,
                         const Drivers<L2NetworkFactory>& drivers, const Work& work) {
  for (const Nic& nic : data.get(kNics)) {
    if (std::find(types.begin(), types.end(), nic.network.type) == types.end()) continue;
    work(nic, drivers.get(nic.network.type)->create(nic.network, data.get(kHost)).value());
  }
}

/// Does for each NIC what can be done, then throws the first error; the others are its causes.
inline void give_up_l2_networks(const FlowData& data, const std::vector<std::string>& types,
                                const Drivers<L2NetworkFactory>& drivers, const std::optional<std::string>& key) {
  std::vector<ErrorCode> errors;
  for_each_l2_network(data, types, drivers, [&](const Nic& nic, const Owned<L2Network>& network) {
    if (auto released = network->release(nic); !released) errors.push_back(std::move(released).error());
    if (auto left = network->unrealize(l2_user(nic), key); !left) errors.push_back(std::move(left).error());
  });
  if (errors.empty()) return;
  ErrorCode first = std::move(errors.front());
  first.causes.insert(first.causes.end(), std::make_move_iterator(errors.begin() + 1),
                      std::make_move_iterator(errors.end()));
  throw Error(std::move(first));
}

}  // namespace detail

inline void RealizeL2Networks::check(FlowData& data) const {
  std::vector<L2NetworkRecord> checked;
  detail::for_each_l2_network(data, types, drivers, [&](const Nic& nic, const Owned<L2Network>& network) {
    if (std::find(checked.begin(), checked.end(), nic.network) != checked.end()) return;
    network->check().value();
    checked.push_back(nic.network);
  });
}

inline void RealizeL2Networks::execute(FlowData& data) const {
  detail::for_each_l2_network(data, types, drivers, [&](const Nic& nic, const Owned<L2Network>& network) {
    network->realize(l2_user(nic), data.key()).value();
  });
}

inline void RealizeL2Networks::undo(FlowData& data) const {
  detail::give_up_l2_networks(data, types, drivers, data.key());
}

inline void RealizeL2Networks::give_back(FlowData& data) const {
  detail::give_up_l2_networks(data, types, drivers, std::nullopt);
}

}  // namespace tenon::iaas
