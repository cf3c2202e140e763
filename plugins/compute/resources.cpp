#include "resources.h"

namespace compute {

void ConnectHost::execute(tenon::FlowData& data) const {
  const tenon::iaas::HostRecord& host = data.get(tenon::iaas::kHost);
  require_record_name(tenon::iaas::kHost, host);
  hypervisors.get(host.type)->create(host).value()->ping().value();
}

void PingPrimaryStorage::execute(tenon::FlowData& data) const {
  const tenon::iaas::PrimaryStorageRecord& storage = data.get(tenon::iaas::kPrimaryStorage);
  require_record_name(tenon::iaas::kPrimaryStorage, storage);
  storages.get(storage.type)->create(storage).value()->ping().value();
}

}  // namespace compute
