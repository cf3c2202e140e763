#pragma once

#include <tenon/iaas/storage.h>

#include <string>
#include <vector>

namespace storage {

/// Whether the name fits VolumeSpec::name.
[[nodiscard]] bool is_volume_name(const std::string& name);

/// What is wrong with the order, as STORAGE.1002, or nothing.
[[nodiscard]] tenon::Result<void> check(const tenon::iaas::VolumeSpec& spec);

/// The arguments of qemu-img that make the volume at `target`, a path or URL.
[[nodiscard]] std::vector<std::string> create_arguments(const std::string& qemu_img, const std::string& target,
                                                        const tenon::iaas::VolumeSpec& spec);

}  // namespace storage
