#pragma once

#include <tenon/iaas/host_messages.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage_messages.h>
#include <tenon/iaas/vm_messages.h>
#include <tenon/wiring.h>

#include <string>
#include <vector>

/// Who answers the messages about hosts, images and VMs that no run answers.
namespace compute {

/// What the record's driver gives for it, or why there is no such driver.
template <class Factory, class Record>
[[nodiscard]] auto opened(const tenon::Drivers<Factory>& drivers, const Record& record) {
  const auto factory = drivers.find(record.type);
  using Opened = decltype(factory->create(record));
  return factory ? factory->create(record) : Opened(tenon::make_error("DRIVER.1001", "no driver of this type"));
}

/// A path on the host, or a URL: for people.
[[nodiscard]] std::string place_of(const tenon::iaas::VolumeLocation& location);

class HostService final : public tenon::iaas::KindService<tenon::iaas::HostKind> {
 public:
  /// Asks the hosts for their states. Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<tenon::iaas::HostInventory>> list(const tenon::iaas::ListHosts& message) const;
};

class PrimaryStorageService final : public tenon::iaas::KindService<tenon::iaas::PrimaryStorageKind> {
 public:
  /// Asks the storages for their states. Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<tenon::iaas::PrimaryStorageInventory>> list(
      const tenon::iaas::ListPrimaryStorages& message) const;
};

class ImageService final {
 public:
  /// Fails with REGISTRY.1001.
  tenon::Result<tenon::iaas::ImageRecord> get(const tenon::iaas::GetImage& message) const;
  /// Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<tenon::iaas::ImageRecord>> list(const tenon::iaas::ListImages& message) const;

  tenon::Ref<tenon::iaas::Registry> registry;
};

class VmService final {
 public:
  /// Asks the VM's host for its state. Fails with REGISTRY.1001.
  tenon::Result<tenon::iaas::VmInventory> get(const tenon::iaas::GetVm& message) const;
  /// Asks their hosts for their states. Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<tenon::iaas::VmInventory>> list(const tenon::iaas::ListVms& message) const;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;

 private:
  [[nodiscard]] tenon::iaas::VmState state_of(const tenon::iaas::VmRecord& vm) const;
};

}  // namespace compute
