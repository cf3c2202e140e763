#pragma once

#include <tenon/chain.h>
#include <tenon/handler.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/kind_service.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/vm.h>
#include <tenon/list.h>
#include <tenon/message.h>
#include <tenon/resource.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// The messages about hosts, and the class that answers them for every type of hypervisor.
namespace tenon::iaas {

enum class ConnectionState : std::uint8_t { Disconnected, Connected };
BOOST_DESCRIBE_ENUM(ConnectionState, Disconnected, Connected)

/// What is shown of a host. A type that has more to show derives from it.
struct HostInventory : HostRecord {
  /// Whether its hypervisor answers now.
  ConnectionState state = ConnectionState::Disconnected;
  /// How many VMs are registered on it.
  std::int64_t vms = 0;
};
BOOST_DESCRIBE_STRUCT(HostInventory, (HostRecord), (state, vms))

/// Connects the host, prepares what plugins need there, and registers it.
struct AddHost : HostRecord {
  static constexpr std::string_view kMessage = "compute.AddHost";
  using Reply = HostRecord;
};
BOOST_DESCRIBE_STRUCT(AddHost, (HostRecord), ())

/// What all messages about one host extend.
struct HostMessage {
  static constexpr std::string_view kMessage = "compute.HostMessage";
  using Reply = NoReply;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(HostMessage, (), (name))

struct GetHost : HostMessage {
  static constexpr std::string_view kMessage = "compute.GetHost";
  using Extends = HostMessage;
  using Reply = HostInventory;
};
BOOST_DESCRIBE_STRUCT(GetHost, (HostMessage), ())

struct ListHosts : ListRequest {
  static constexpr std::string_view kMessage = "compute.ListHosts";
  using Reply = Page<HostInventory>;
};
BOOST_DESCRIBE_STRUCT(ListHosts, (ListRequest), ())

/// Checks the host again, and prepares on it what plugins need there.
struct ReconnectHost : HostMessage {
  static constexpr std::string_view kMessage = "compute.ReconnectHost";
  using Extends = HostMessage;
};
BOOST_DESCRIBE_STRUCT(ReconnectHost, (HostMessage), ())

/// Refused while VMs are registered on it.
struct RemoveHost : HostMessage {
  static constexpr std::string_view kMessage = "compute.RemoveHost";
  using Extends = HostMessage;
};
BOOST_DESCRIBE_STRUCT(RemoveHost, (HostMessage), ())

/// One registered host, and what it answers whatever its hypervisor.
class HostResource : public Resource {
 public:
  /// The registry must outlive this. `hypervisor`: what HypervisorFactory::create gives for the record, or null.
  HostResource(HostRecord record, Registry& registry, Owned<Hypervisor> hypervisor = {})
      : record_(std::move(record)), registry_(registry), hypervisor_(std::move(hypervisor)) {}

  void handle(AnyCall call) override {
    if (call.as<GetHost>() != nullptr) {
      return answer<GetHost>(std::move(call), [&](const GetHost&) -> Result<HostInventory> { return inventory(); });
    }
    if (call.as<ReconnectHost>() != nullptr) return run<ReconnectHost>(std::move(call), "host.connect");
    if (call.as<RemoveHost>() != nullptr) return run<RemoveHost>(std::move(call), "host.remove");
    ErrorCode error = not_for(call, "host '" + record_.name + "' of type " + record_.type);
    std::move(call).fail(std::move(error));
  }

 protected:
  [[nodiscard]] const HostRecord& record() const noexcept { return record_; }

  /// Asks the hypervisor, too; may block. Throws Error STORE.… if the store can't be asked.
  [[nodiscard]] HostInventory inventory() const {
    HostInventory shown;
    static_cast<HostRecord&>(shown) = record_;
    if (hypervisor_ && hypervisor_->ping()) shown.state = ConnectionState::Connected;
    const auto vms = registry_.vms().list();
    shown.vms = std::count_if(vms.begin(), vms.end(), [&](const VmRecord& vm) { return vm.host == record_.name; });
    return shown;
  }

 private:
  template <Message M>
  void run(AnyCall call, const char* chain) const {
    answer_by_run(Call<M>(std::move(call)), std::move(new_chain_run(chain).input(kName, record_.name)),
                  [](const ChainData&) { return NoReply{}; });
  }

  const HostRecord record_;
  Registry& registry_;
  const Owned<Hypervisor> hypervisor_;
};

struct HostKind {
  using Record = HostRecord;
  using Factory = HypervisorFactory;
  using Message = HostMessage;
  static constexpr std::string_view kTitle = "host";
  static Records<HostRecord>& records(Registry& registry) { return registry.hosts(); }
  static Owned<Resource> make(const HostRecord& record, Registry& registry, HypervisorFactory& factory) {
    Result<Owned<Hypervisor>> hypervisor = factory.create(record);
    return make_owned<Resource, HostResource>(record, registry,
                                              hypervisor ? std::move(hypervisor).value() : Owned<Hypervisor>());
  }
};

}  // namespace tenon::iaas
