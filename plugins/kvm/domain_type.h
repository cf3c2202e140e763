#pragma once

#include <tenon/error.h>

#include <libvirt/libvirt.h>

#include <string>
#include <string_view>

namespace kvm {

/// Which `<domain type=…>` the VMs of a host get.
enum class DomainTypeChoice {
  /// `kvm` where libvirt offers it and the machine's /dev/kvm works, else `qemu`.
  kAuto,
  kKvm,
  kQemu,
};

/// Of `auto`, `kvm` or `qemu`; throws tenon::Error KVM.1009 for any other text.
[[nodiscard]] DomainTypeChoice domain_type_choice(std::string_view text);

/// Whether the connection is to libvirt's test driver, whose domains run nothing.
[[nodiscard]] bool is_test_driver(virConnectPtr connection);

/// The domain type for a host. libvirt's test driver knows only `test`, whatever was chosen. An error if the host's
/// driver is neither QEMU nor the test driver.
[[nodiscard]] tenon::Result<std::string> domain_type(virConnectPtr connection, DomainTypeChoice choice);

/// Whether virtual machines can be made with this machine's KVM device. Only a device that is missing or broken counts
/// against it: this process need not have the rights to the device that QEMU gets from libvirt.
[[nodiscard]] bool kvm_device_works(const char* path = "/dev/kvm") noexcept;

}  // namespace kvm
