#pragma once

#include <tenon/blocking_extension.h>
#include <tenon/described.h>
#include <tenon/flow.h>
#include <tenon/iaas/l2_messages.h>
#include <tenon/iaas/network.h>
#include <tenon/network/l2_network_delete.h>
#include <tenon/store.h>
#include <tenon/transactional_flow.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What this type records of a network beside what every type does, in a table of its own.
namespace ovs {

/// What a bridge does while no controller tells it what to do (ovs-vswitchd.conf.db(5), Bridge, fail_mode): it forwards
/// as any switch does, or drops what no flow lets through.
enum class FailMode : std::uint8_t { standalone, secure };
BOOST_DESCRIBE_ENUM(FailMode, standalone, secure)

struct CreateL2Network : tenon::iaas::CreateL2Network {
  static constexpr std::string_view kMessage = "ovs.CreateL2Network";
  using Extends = tenon::iaas::CreateL2Network;
  FailMode fail_mode = FailMode::standalone;
};
BOOST_DESCRIBE_STRUCT(CreateL2Network, (tenon::iaas::CreateL2Network), (fail_mode))

struct L2NetworkInventory : tenon::iaas::L2NetworkInventory {
  /// Left out: as Open vSwitch has it by itself.
  std::optional<FailMode> fail_mode;
};
BOOST_DESCRIBE_STRUCT(L2NetworkInventory, (tenon::iaas::L2NetworkInventory), (fail_mode))

struct ListL2Networks : tenon::ListRequest {
  static constexpr std::string_view kMessage = "ovs.ListL2Networks";
  using Reply = tenon::Page<L2NetworkInventory>;
};
BOOST_DESCRIBE_STRUCT(ListL2Networks, (tenon::ListRequest), ())

/// Lists the networks of this type, with what only it knows of them.
class L2NetworkLists final {
 public:
  /// Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<L2NetworkInventory>> list(const ListL2Networks& message) const;
};

struct PortList {
  std::vector<tenon::iaas::NicPort> ports;
};
BOOST_DESCRIBE_STRUCT(PortList, (), (ports))

struct ListPorts : tenon::iaas::L2NetworkMessage {
  static constexpr std::string_view kMessage = "ovs.ListPorts";
  using Extends = tenon::iaas::L2NetworkMessage;
  using Reply = PortList;
};
BOOST_DESCRIBE_STRUCT(ListPorts, (tenon::iaas::L2NetworkMessage), ())

inline constexpr tenon::FlowKey<CreateL2Network> kOvsL2Network{"ovs_l2_network"};

/// Nothing if nothing is recorded of the network, or there is no store. Throws Error STORE.…
[[nodiscard]] std::optional<FailMode> recorded_fail_mode(const std::string& network);

/// Records what kOvsL2Network says. The undo forgets it, if it was recorded by this step.
class RecordL2Network final : public tenon::TransactionalFlow {
 public:
  void execute(tenon::FlowData& data, tenon::StoreTransaction& store) const override;
  void undo(tenon::FlowData& data, tenon::StoreTransaction& store) const override;
};

/// Forgets what is recorded of a network that is removed.
class ForgetL2Network final : public tenon::NoRollbackBlockingExtension<network::L2NetworkDeleteExtensionPoint> {
 public:
  void execute(tenon::FlowData& data) const override;
};

}  // namespace ovs
