#include "l2_network_service.h"

#include <string>
#include <utility>

namespace network {

using tenon::Error;
using tenon::Owned;
using tenon::Resource;
using tenon::iaas::L2NetworkMessage;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::L2NetworkResource;

Owned<Resource> L2NetworkService::resource_of(const tenon::AnyCall& call) const {
  const auto* message = call.as<L2NetworkMessage>();
  if (message == nullptr) throw Error(tenon::not_for(call, "the L2 networks"));
  const auto record = registry->l2_networks().find(message->name);
  if (!record) throw Error(tenon::iaas::not_registered("L2 network", message->name));
  Owned<Resource> resource = networks.get(record->type).resource(*record, *registry).value();
  return resource ? std::move(resource) : tenon::make_owned<Resource, L2NetworkResource>(*record, *registry);
}

void L2NetworkService::handle(tenon::AnyCall call) {
  Owned<Resource> resource;
  try {
    resource = resource_of(call);
  } catch (const Error& e) {
    return std::move(call).fail(e.error());
  }
  resource->handle(std::move(call));
}

}  // namespace network
