#include "registered_vms.h"

#include <tenon/iaas/events.h>

#include <optional>
#include <utility>

namespace compute {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the keys

void RegisterVm::execute(tenon::FlowData& data, tenon::StoreTransaction& store) const {
  const std::optional<SelectedImage>& image = data.get(kSelectedImage);
  const VmRecord record{
      data.get(kInstance), data.get(kHost).name, data.get(kPrimaryStorage).name, image ? image->name : std::nullopt,
      data.get(kVolumes),  data.get(kNics)};
  registry->vms().add(store, record, data.key()).value();
  tenon::publish(store, VmRegistered{record.instance.uuid, record.instance.name, record.host}).value();
}

void RegisterVm::undo(tenon::FlowData& data, tenon::StoreTransaction& store) const {
  const VmInstance& vm = data.get(kInstance);
  const bool known = registry->vms().find(store, vm.uuid).has_value();
  registry->vms().remove(store, vm.uuid, data.key()).value();
  if (known && !registry->vms().find(store, vm.uuid)) {
    tenon::publish(store, VmDestroyed{vm.uuid, vm.name}).value();
  }
}

void AnnounceVm::execute(tenon::FlowData& data, tenon::StoreTransaction& store) const {
  const VmInstance& vm = data.get(kInstance);
  tenon::publish(store, VmCreated{vm.uuid, vm.name, data.get(kHost).name}).value();
}

void UnregisterVm::execute(tenon::FlowData& data, tenon::StoreTransaction& store) const {
  const VmInfo& vm = data.get(kVmInfo);
  registry->vms().remove(store, vm.uuid, std::nullopt).value();
  tenon::publish(store, VmDestroyed{vm.uuid, vm.name}).value();
}

}  // namespace compute
