#include "registered_vms.h"

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
}

void RegisterVm::undo(tenon::FlowData& data, tenon::StoreTransaction& store) const {
  registry->vms().remove(store, data.get(kInstance).uuid, data.key()).value();
}

void UnregisterVm::execute(tenon::FlowData& data, tenon::StoreTransaction& store) const {
  registry->vms().remove(store, data.get(kVmInfo).uuid, std::nullopt).value();
}

}  // namespace compute
