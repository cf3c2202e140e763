#pragma once

#include <tenon/error.h>
#include <tenon/iaas/vm.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvm {

/// Namespace of the element in a domain's `<metadata>` that says which step of which run made it.
inline constexpr std::string_view kMetadataNamespace = "urn:tenon:domain";

/// The domain as libvirt's XML: a q35 machine with virtio disks, NICs on bridges and one serial port.
/// `type`: `kvm`, `qemu` or `test`. `key`: kept in the domain's metadata.
[[nodiscard]] std::string domain_xml(const tenon::iaas::VmDefinition& vm, std::string_view type, std::string_view key);

/// What Tenon reads back from a domain's XML.
struct DomainDescription {
  std::string uuid;
  std::string name;
  std::optional<std::string> key;
  std::vector<tenon::iaas::VolumeLocation> volumes;
};
[[nodiscard]] tenon::Result<DomainDescription> read_domain_xml(std::string_view xml);

/// Name of the virtio disk at a position: vda … vdz, vdaa …
[[nodiscard]] std::string disk_name(std::size_t position);

}  // namespace kvm
