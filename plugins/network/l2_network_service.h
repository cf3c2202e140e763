#pragma once

#include <tenon/iaas/l2_messages.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/registry.h>
#include <tenon/wiring.h>

namespace network {

/// Brings messages about one L2 network to the driver of its type: the record by its name, the factory by the record's
/// type, the resource by the factory.
class L2NetworkService final {
 public:
  /// May block. Fails with REGISTRY.1001 if there is no such network, DRIVER.1001 if there is no driver of its type.
  void handle(tenon::AnyCall call);

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;

 private:
  [[nodiscard]] tenon::Owned<tenon::Resource> resource_of(const tenon::AnyCall& call) const;
};

}  // namespace network
