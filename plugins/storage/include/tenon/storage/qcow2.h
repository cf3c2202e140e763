#pragma once

#include <tenon/iaas/storage.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

/// What primary storages whose volumes are qcow2 files have in common.
namespace storage {

/// How qemu-img is called.
struct QemuImg {
  std::string program = "qemu-img";
  std::chrono::seconds limit{120};
};

/// NAME.qcow2 is the file of the volume NAME.
inline constexpr std::string_view kVolumeExtension = ".qcow2";

/// Whether the name fits VolumeSpec::name.
[[nodiscard]] bool is_volume_name(const std::string& name);

/// How the files begin under which the volume is made before it gets its own name. Volume names hold no `~`, so that
/// one name's files are never taken for another's.
[[nodiscard]] std::string unfinished_prefix(const std::string& name);

/// STORAGE.1002, for an order that is refused.
[[nodiscard]] tenon::ErrorCode bad_order(std::string details);

/// What is wrong with the order, as STORAGE.1002, or nothing. The place of its image is not looked at.
[[nodiscard]] tenon::Result<void> check(const tenon::iaas::VolumeSpec& spec);

/// The arguments of qemu-img that make the volume at `target`. That and `image`, which counts if the order has an
/// image, are paths or URLs as QEMU takes them.
[[nodiscard]] std::vector<std::string> create_arguments(const std::string& qemu_img, const std::string& target,
                                                        const tenon::iaas::VolumeSpec& spec, const std::string& image);

/// The path of the order's image, which must be a file; empty if it has no image. Error: STORAGE.1002.
[[nodiscard]] tenon::Result<std::string> image_file(const tenon::iaas::VolumeSpec& spec);

}  // namespace storage
