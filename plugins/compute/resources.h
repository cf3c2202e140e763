#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/registering.h>
#include <tenon/iaas/storage.h>
#include <tenon/wiring.h>

/// The flows that register hosts, primary storages and images, each checked with its driver first.
namespace compute {

/// Whether the host's hypervisor answers. Reads kHost. Makes nothing.
class ConnectHost final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};
using FindHost = tenon::iaas::FindRecord<tenon::iaas::HostRecord, &tenon::iaas::Registry::hosts, tenon::iaas::kHost>;
using RegisterHost =
    tenon::iaas::RegisterRecord<tenon::iaas::HostRecord, &tenon::iaas::Registry::hosts, tenon::iaas::kHost>;
using UnregisterHost =
    tenon::iaas::UnregisterRecord<tenon::iaas::HostRecord, &tenon::iaas::Registry::hosts, tenon::iaas::kHost>;

/// Whether volumes can be made on the storage. Reads kPrimaryStorage. Makes nothing.
class PingPrimaryStorage final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Drivers<tenon::iaas::PrimaryStorageFactory> storages;
};
using FindPrimaryStorage =
    tenon::iaas::FindRecord<tenon::iaas::PrimaryStorageRecord, &tenon::iaas::Registry::primary_storages,
                            tenon::iaas::kPrimaryStorage>;
using RegisterPrimaryStorage =
    tenon::iaas::RegisterRecord<tenon::iaas::PrimaryStorageRecord, &tenon::iaas::Registry::primary_storages,
                                tenon::iaas::kPrimaryStorage>;
using UnregisterPrimaryStorage =
    tenon::iaas::UnregisterRecord<tenon::iaas::PrimaryStorageRecord, &tenon::iaas::Registry::primary_storages,
                                  tenon::iaas::kPrimaryStorage>;

using FindImage =
    tenon::iaas::FindRecord<tenon::iaas::ImageRecord, &tenon::iaas::Registry::images, tenon::iaas::kImage>;
using RegisterImage =
    tenon::iaas::RegisterRecord<tenon::iaas::ImageRecord, &tenon::iaas::Registry::images, tenon::iaas::kImage>;
using UnregisterImage =
    tenon::iaas::UnregisterRecord<tenon::iaas::ImageRecord, &tenon::iaas::Registry::images, tenon::iaas::kImage>;

}  // namespace compute
