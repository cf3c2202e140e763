#pragma once

#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/iaas/registry.h>
#include <tenon/wiring.h>

#include <chrono>
#include <string>

namespace compute {

/// Where an image is: an absolute path, or `nfs://HOST/PATH` with %XX for odd characters. COMPUTE.1008 for another url.
[[nodiscard]] tenon::Result<tenon::iaas::VolumeLocation> image_location(const std::string& url);

/// Whether the image can be read and is of its format. Reads kImage. Makes nothing. Fails with COMPUTE.1009.
///
/// An image that names other files, which a guest would then see, is refused: whoever made it may not be whom those
/// files are for.
class CheckImage final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  /// Properties `qemu_img` and `qemu_img_limit`.
  std::string qemu_img = "qemu-img";
  std::chrono::seconds qemu_img_limit{120};
};

/// Finds the image that a VM's order names. Reads kVm, writes kSelectedImage. Fails with REGISTRY.1001 if none is
/// registered by that name, COMPUTE.1010 if it has another format than the order says.
class SelectImage final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
};

}  // namespace compute
