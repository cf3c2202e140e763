#pragma once

#include <tenon/chain.h>
#include <tenon/handler.h>
#include <tenon/iaas/kind_service.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/registry.h>
#include <tenon/list.h>
#include <tenon/message.h>
#include <tenon/resource.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// The messages about L2 networks, and the class that answers them for every type.
namespace tenon::iaas {

/// What is shown of an L2 network. A type that has more to show derives from it.
struct L2NetworkInventory : L2NetworkRecord {
  /// How many NICs of VMs are on it.
  std::int64_t nics = 0;
};
BOOST_DESCRIBE_STRUCT(L2NetworkInventory, (L2NetworkRecord), (nics))

/// A list of networks, whose rows are an L2NetworkInventory or derived from it. `from`: the table network_l2, to which
/// a type may join its own.
template <class Inventory>
[[nodiscard]] Listing<Inventory> l2_network_listing(std::string from) {
  return Listing<Inventory>(std::move(from), "name")
      .column("name", "network_l2.name")
      .column("nics", "(SELECT count(*) FROM compute_nic WHERE compute_nic.network = network_l2.name)");
}

/// Brings the network to all hosts that its driver serves, and registers it. A type that needs more to be said extends
/// it.
struct CreateL2Network : L2NetworkRecord {
  static constexpr std::string_view kMessage = "network.CreateL2Network";
  using Reply = L2NetworkRecord;
};
BOOST_DESCRIBE_STRUCT(CreateL2Network, (L2NetworkRecord), ())

/// What all messages about one network extend: its service brings them to the network's driver. A driver's own do so,
/// too, and are declared for the service `L2NetworkService`.
struct L2NetworkMessage {
  static constexpr std::string_view kMessage = "network.L2NetworkMessage";
  using Reply = NoReply;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(L2NetworkMessage, (), (name))

struct GetL2Network : L2NetworkMessage {
  static constexpr std::string_view kMessage = "network.GetL2Network";
  using Extends = L2NetworkMessage;
  using Reply = L2NetworkInventory;
};
BOOST_DESCRIBE_STRUCT(GetL2Network, (L2NetworkMessage), ())

struct ListL2Networks : ListRequest {
  static constexpr std::string_view kMessage = "network.ListL2Networks";
  using Reply = Page<L2NetworkInventory>;
};
BOOST_DESCRIBE_STRUCT(ListL2Networks, (ListRequest), ())

/// Refused while NICs are on it.
struct DeleteL2Network : L2NetworkMessage {
  static constexpr std::string_view kMessage = "network.DeleteL2Network";
  using Extends = L2NetworkMessage;
};
BOOST_DESCRIBE_STRUCT(DeleteL2Network, (L2NetworkMessage), ())

/// One registered network, and what it answers whatever its type. A driver with more to say derives from it, and
/// returns it from L2NetworkFactory::resource.
class L2NetworkResource : public Resource {
 public:
  /// The registry must outlive this.
  L2NetworkResource(L2NetworkRecord record, Registry& registry) : record_(std::move(record)), registry_(registry) {}

  void handle(AnyCall call) override {
    if (call.as<GetL2Network>() != nullptr) {
      return answer<GetL2Network>(std::move(call),
                                  [&](const GetL2Network&) -> Result<L2NetworkInventory> { return inventory(); });
    }
    if (call.as<DeleteL2Network>() != nullptr) {
      return answer_by_run(Call<DeleteL2Network>(std::move(call)), std::move(removal()),
                           [](const ChainData&) { return NoReply{}; });
    }
    ErrorCode error = not_for(call, "L2 network '" + record_.name + "' of type " + record_.type);
    std::move(call).fail(std::move(error));
  }

 protected:
  [[nodiscard]] const L2NetworkRecord& record() const noexcept { return record_; }

  /// Throws Error STORE.… if the store can't be asked.
  [[nodiscard]] L2NetworkInventory inventory() const {
    L2NetworkInventory shown;
    static_cast<L2NetworkRecord&>(shown) = record_;
    for (const VmRecord& vm : registry_.vms().list()) {
      shown.nics += std::count_if(vm.nics.begin(), vm.nics.end(),
                                  [&](const Nic& nic) { return nic.network.name == record_.name; });
    }
    return shown;
  }

  /// The run that removes it.
  [[nodiscard]] virtual ChainRun removal() const {
    return std::move(new_chain_run("network.remove").input(kName, record_.name));
  }

 private:
  const L2NetworkRecord record_;
  Registry& registry_;
};

struct L2NetworkKind {
  using Record = L2NetworkRecord;
  using Factory = L2NetworkFactory;
  using Message = L2NetworkMessage;
  static constexpr std::string_view kTitle = "L2 network";
  static Records<L2NetworkRecord>& records(Registry& registry) { return registry.l2_networks(); }
  static Owned<Resource> make(const L2NetworkRecord& record, Registry& registry, L2NetworkFactory& /*factory*/) {
    return make_owned<Resource, L2NetworkResource>(record, registry);
  }
};

}  // namespace tenon::iaas
