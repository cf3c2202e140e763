#pragma once

#include <tenon/error.h>

#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What there is on the devices, for whoever compares it with an earlier time: a drill of a chain does (`tenon chain
/// drill`). An extension point; there may be any number of extensions.
class ResourceProbe {
 public:
  static constexpr std::string_view kInterface = "tenon.ResourceProbe/1";
  virtual ~ResourceProbe() = default;

  /// Whose resources: `kvm`, `ovs bridges of host h1`…: a stable name. Any thread.
  virtual std::string name() const = 0;

  /// What there is on the devices now, asked from the devices and not from records: one text a resource, `domain 6f0c…
  /// (running)`; sorted; the same resource in the same state is the same text. May block. Any thread.
  virtual Result<std::vector<std::string>> list() const = 0;
};

}  // namespace tenon
