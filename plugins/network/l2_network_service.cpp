#include "l2_network_service.h"

namespace network {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the messages

tenon::Result<tenon::Page<L2NetworkInventory>> L2NetworkService::list(const ListL2Networks& message) const {
  return l2_network_listing<L2NetworkInventory>("network_l2").page(message);
}

}  // namespace network
