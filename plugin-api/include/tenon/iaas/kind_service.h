#pragma once

#include <tenon/handler.h>
#include <tenon/iaas/registry.h>
#include <tenon/message.h>
#include <tenon/resource.h>
#include <tenon/wiring.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::iaas {

/// The service of a kind of resource: brings messages about one record to the driver of its type. The record comes by
/// its name, the factory by the record's type, the resource by the factory; where a type has nothing of its own to say,
/// the kind's class answers.
///
/// `Kind` names `Record`; `Factory`, whose `resource(record, registry)` gives an Owned<Resource> or null; `Message`,
/// which all messages about one record extend; `kTitle`; `records(Registry&)`; and `make(record, registry, factory)`,
/// an object of the kind's class.
/// ```cpp
/// plugin.bean<L2NetworkService>("network.L2NetworkService")
///     .handles(&L2NetworkService::handle, {.blocks = true})
///     .inject(&L2NetworkService::registry)
///     .inject(&L2NetworkService::drivers);
/// ```
template <class Kind>
class KindService {
 public:
  using Record = typename Kind::Record;

  /// May block. Fails with REGISTRY.1001 if there is no such record, DRIVER.1001 if there is no driver of its type.
  void handle(AnyCall call) {
    Owned<Resource> resource;
    try {
      resource = resource_of(call);
    } catch (const Error& e) {
      return std::move(call).fail(e.error());
    }
    resource->handle(std::move(call));
  }

  Ref<Registry> registry;
  Drivers<typename Kind::Factory> drivers;

 private:
  [[nodiscard]] Owned<Resource> resource_of(const AnyCall& call) const {
    const auto* message = call.as<typename Kind::Message>();
    if (message == nullptr) throw Error(not_for(call, Kind::kTitle));
    const std::optional<Record> record = Kind::records(*registry).find(message->name);
    if (!record) throw Error(not_registered(Kind::kTitle, message->name));
    const auto factory = drivers.get(record->type);
    Owned<Resource> resource = factory->resource(*record, *registry).value();
    return resource ? std::move(resource) : Kind::make(*record, *registry, *factory);
  }
};

}  // namespace tenon::iaas
