#include "virtual_switch.h"

#include "interfaces.h"
#include "json_text.h"

#include <tenon/log.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

namespace ovs {
namespace {

using tenon::ErrorCode;
using tenon::Json;
using tenon::make_error;
using tenon::Result;
using tenon::iaas::NicPort;

constexpr const char* kNetworkMark = "tenon-network";
constexpr std::string_view kUserMark = "tenon-user:";
/// Two that got into each other's way try again at different moments, at most so much later.
constexpr int kMaxPauseMs = 32;

std::string user_mark(const std::string& user) { return std::string(kUserMark) + user; }

bool is_tenons(const TextMap& external_ids) { return external_ids.contains(kNetworkMark); }

/// The bridge's own port, or one that Tenon leads out by.
bool belongs_to_bridge(const BridgeRow& bridge, const PortRow& port) {
  return port.name == bridge.name || is_tenons(port.external_ids);
}

const PortRow* find_port(const BridgeRow& bridge, std::string_view name) {
  auto found =
      std::find_if(bridge.ports.begin(), bridge.ports.end(), [&](const PortRow& port) { return port.name == name; });
  return found != bridge.ports.end() ? &*found : nullptr;
}

std::optional<std::string> find_text(const TextMap& map, const char* key) {
  auto found = map.find(key);
  return found != map.end() ? std::optional(found->second) : std::nullopt;
}

bool is_port_of_nic(const PortRow& port, const std::string& nic) {
  return std::any_of(port.interfaces.begin(), port.interfaces.end(), [&](const InterfaceRow& interface) {
    return find_text(interface.external_ids, "iface-id") == nic;
  });
}

ErrorCode foreign_port(const std::string& port, const std::string& why) {
  return make_error("OVS.1011", "the physical interface can't be used", port + ": " + why);
}

/// Inserts a port with one interface. Its uuid-name is the table's, so there is one of each kind in a transaction.
void insert_port(Json& operations, const std::string& kind, const std::string& name, const std::string& type,
                 const TextMap& external_ids) {
  Json interface = Json::object();
  interface.add("name", name).add("type", type);
  operations.push(insert_operation("Interface", kind + "_interface", std::move(interface)));
  Json port = Json::object();
  port.add("name", name)
      .add("interfaces", named_uuid_atom(kind + "_interface"))
      .add("external_ids", text_map(external_ids));
  operations.push(insert_operation("Port", kind + "_port", std::move(port)));
}

Json create_operations(const Snapshot& now, const BridgeOrder& order, const std::string& datapath,
                       const std::string& user, const std::string& key) {
  Json operations = Json::array();
  operations.push(expect_no_bridge_operation(order.name));
  insert_port(operations, "local", order.name, "internal", {});
  Json ports = Json::array();
  ports.push(named_uuid_atom("local_port"));
  if (order.physical_interface) {
    insert_port(operations, "uplink", *order.physical_interface, "", {{kNetworkMark, order.network}});
    ports.push(named_uuid_atom("uplink_port"));
  }
  Json set = Json::array();
  set.push("set").push(std::move(ports));
  Json bridge = Json::object();
  bridge.add("name", order.name)
      .add("datapath_type", datapath)
      .add("ports", std::move(set))
      .add("external_ids", text_map({{kNetworkMark, order.network}, {user_mark(user), key}}));
  if (order.fail_mode) bridge.add("fail_mode", *order.fail_mode);
  operations.push(insert_operation("Bridge", "bridge", std::move(bridge)));
  operations.push(
      mutate_operation("Open_vSwitch", now.root.uuid, "bridges", "insert", set_of(named_uuid_atom("bridge"))));
  return operations;
}

/// What a bridge of Tenon's lacks to serve the order.
Json complete_operations(const BridgeRow& bridge, const BridgeOrder& order, const std::string& user,
                         const std::string& key) {
  Json operations = Json::array();
  const bool noted = bridge.external_ids.contains(user_mark(user));
  const bool leads_out = !order.physical_interface || find_port(bridge, *order.physical_interface) != nullptr;
  if (noted && leads_out) return operations;
  // A note alone does not depend on those of others: who removes the bridge expects that there is none.
  operations.push(leads_out ? expect_there_operation(bridge) : expect_operation(bridge));
  if (!noted) {
    operations.push(
        mutate_operation("Bridge", bridge.uuid, "external_ids", "insert", text_map({{user_mark(user), key}})));
  }
  if (!leads_out) {
    insert_port(operations, "uplink", *order.physical_interface, "", {{kNetworkMark, order.network}});
    operations.push(mutate_operation("Bridge", bridge.uuid, "ports", "insert", set_of(named_uuid_atom("uplink_port"))));
  }
  return operations;
}

Json give_up_operations(const Snapshot& now, const BridgeRow& bridge, const std::string& user) {
  const std::string mark = user_mark(user);
  const bool others = std::any_of(bridge.external_ids.begin(), bridge.external_ids.end(),
                                  [&](const auto& id) { return id.first != mark && id.first.starts_with(kUserMark); });
  const bool plugged = !std::all_of(bridge.ports.begin(), bridge.ports.end(),
                                    [&](const PortRow& port) { return belongs_to_bridge(bridge, port); });
  Json operations = Json::array();
  if (!others && !plugged) {
    operations.push(expect_operation(bridge));
    operations.push(
        mutate_operation("Open_vSwitch", now.root.uuid, "bridges", "delete", set_of(uuid_atom(bridge.uuid))));
  } else if (bridge.external_ids.contains(mark)) {
    // The last two users might go at the same time: one of them must see that it is the last.
    operations.push(expect_operation(bridge));
    operations.push(mutate_operation("Bridge", bridge.uuid, "external_ids", "delete", set_of(Json(mark))));
  }
  return operations;
}

/// What a notification says of cur_cfg; none if it says nothing of it.
std::optional<std::int64_t> applied_in(const Json& update) {
  const Json* table = update.find("Open_vSwitch");
  if (table == nullptr || table->as_object() == nullptr) return std::nullopt;
  for (const auto& [row, change] : *table->as_object()) {
    const Json* now = change.find("new");
    const Json* number = now != nullptr ? now->find("cur_cfg") : nullptr;
    if (number != nullptr && number->as_int() != nullptr) return *number->as_int();
  }
  return std::nullopt;
}

/// Waits until ovs-vswitchd has applied the state with this number, as ovs-vsctl does.
Result<void> wait_until_applied(Session& session, std::int64_t next_cfg) {
  Json columns = Json::array();
  columns.push("cur_cfg");
  Json requests = Json::array();
  requests.push(Json::object().add("columns", std::move(columns)));
  Json params = Json::array();
  params.push(kDatabase).push("cur_cfg").push(Json::object().add("Open_vSwitch", std::move(requests)));
  auto update = session.call("monitor", std::move(params));
  std::int64_t applied = 0;
  while (update) {
    applied = applied_in(update.value()).value_or(applied);
    if (applied >= next_cfg) return {};
    update = session.next_update();
  }
  if (update.error().code != "OVS.1002") return std::move(update).error();
  ErrorCode idle = make_error("OVS.1007", "ovs-vswitchd does not apply what stands in the database",
                              "it is at " + std::to_string(applied) + ", not at " + std::to_string(next_cfg));
  idle.causes.push_back(std::move(update).error());
  return idle;
}

Result<void> check_port_works(const BridgeRow& bridge, const std::string& name) {
  const PortRow* port = find_port(bridge, name);
  if (port == nullptr || port->interfaces.empty()) {
    return make_error("OVS.1008", "ovs-vswitchd can't set up a port", name + ": it has gone from " + bridge.name);
  }
  const InterfaceRow& interface = port->interfaces.front();
  if (interface.ofport && *interface.ofport >= 0) return {};
  return make_error("OVS.1008", "ovs-vswitchd can't set up a port",
                    name + ": " + interface.error.value_or("its log says why"));
}

/// What ovs-vswitchd made of the order.
Result<void> check_result(Session& session, const BridgeOrder& order) {
  auto now = read_snapshot(session);
  if (!now) return std::move(now).error();
  const BridgeRow* bridge = now.value().bridge(order.name);
  if (bridge == nullptr) {
    return make_error("OVS.1008", "ovs-vswitchd can't set up a port", order.name + ": the bridge has gone");
  }
  const bool ours = is_tenons(bridge->external_ids);
  if (auto works = check_port_works(*bridge, order.name); !works) return works;
  if (ours) {
    if (auto up = bring_up(order.name); !up) return up;
  }
  if (!order.physical_interface) return {};
  if (auto works = check_port_works(*bridge, *order.physical_interface); !works) return works;
  return ours ? bring_up(*order.physical_interface) : Result<void>();
}

/// Whether the physical interface can lead out of the bridge, which may not be there yet.
Result<void> check_uplink(const Snapshot& now, const BridgeOrder& order) {
  if (!order.physical_interface) return {};
  const std::string& name = *order.physical_interface;
  const BridgeRow* bridge = now.bridge(order.name);
  const BridgeRow* owner = now.bridge_of_port(name);
  if (owner != nullptr && owner == bridge) return {};
  if (owner != nullptr) return foreign_port(name, "it is a port of the bridge " + owner->name);
  if (bridge != nullptr && !is_tenons(bridge->external_ids)) {
    return foreign_port(name, "the bridge " + order.name + ", which Tenon did not make, has no such port");
  }
  return check_physical_interface(name);
}

}  // namespace

Result<VirtualSwitch::Change> VirtualSwitch::change_once(Session& session, const Plan& plan) {
  auto now = read_snapshot(session);
  if (!now) return std::move(now).error();
  auto operations = plan(now.value());
  if (!operations) return std::move(operations).error();
  if (operations.value().as_array()->empty()) return Change{false, now.value().root.next_cfg};
  add_count_operations(operations.value(), now.value().root);
  auto results = session.transact(kDatabase, std::move(operations).value());
  if (!results) return std::move(results).error();
  auto next_cfg = counted(results.value());
  if (!next_cfg) return std::move(next_cfg).error();
  return Change{true, next_cfg.value()};
}

Result<VirtualSwitch::Change> VirtualSwitch::change(Session& session, const Plan& plan) {
  std::minstd_rand random(std::random_device{}());
  std::optional<ErrorCode> conflict;
  for (int pause = 1;; pause = std::min(2 * pause, kMaxPauseMs)) {
    auto changed = change_once(session, plan);
    if (changed) return changed;
    const bool too_late = changed.error().code == "OVS.1002";
    if (!is_conflict(changed.error()) && !(too_late && conflict)) return changed;
    if (!too_late) conflict = std::move(changed).error();
    if (too_late || session.deadline().left().count() == 0) break;
    // Each conflict means that somebody else got on, so all do in the end.
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(0, pause)(random)));
  }
  ErrorCode restless =
      make_error("OVS.1006", "the Open vSwitch database keeps changing",
                 "not still enough within " + std::to_string(session.deadline().limit().count()) + " ms");
  restless.causes.push_back(*std::move(conflict));
  return restless;
}

Result<void> VirtualSwitch::check_datapath(const Snapshot& now) const {
  const std::vector<std::string>& types = now.root.datapath_types;
  if (types.empty() || std::find(types.begin(), types.end(), settings_.datapath) != types.end()) return {};
  std::string known;
  for (const std::string& type : types) known.append(known.empty() ? "" : ", ").append(type);
  return make_error("OVS.1009", "this Open vSwitch has no such datapath type",
                    "'" + settings_.datapath + "' (there are: " + known + ")");
}

Result<void> VirtualSwitch::check_daemons(Session& session) const {
  // A new number that ovs-vswitchd takes over is the only sign that it is at work.
  auto changed = change(session, [&](const Snapshot& now) -> Result<Json> {
    if (auto known = check_datapath(now); !known) return std::move(known).error();
    Json operations = Json::array();
    operations.push(comment_operation("tenon: is ovs-vswitchd at work?"));
    return operations;
  });
  if (!changed) return std::move(changed).error();
  return wait_until_applied(session, changed.value().next_cfg);
}

Result<void> VirtualSwitch::check() const {
  auto session = Session::open(settings_.database, Deadline(settings_.limit));
  if (!session) return std::move(session).error();
  return check_daemons(session.value());
}

Result<void> VirtualSwitch::check(const BridgeOrder& order) const {
  auto session = Session::open(settings_.database, Deadline(settings_.limit));
  if (!session) return std::move(session).error();
  auto now = read_snapshot(session.value());
  if (!now) return std::move(now).error();
  if (auto usable = check_uplink(now.value(), order); !usable) return usable;
  return check_daemons(session.value());
}

Result<Json> VirtualSwitch::plan_bridge(const Snapshot& now, const BridgeOrder& order, const std::string& user,
                                        const std::string& key) const {
  if (auto usable = check_uplink(now, order); !usable) return std::move(usable).error();
  const BridgeRow* bridge = now.bridge(order.name);
  if (bridge == nullptr) {
    if (const BridgeRow* owner = now.bridge_of_port(order.name)) {
      return make_error("OVS.1015", "the name of the bridge is taken", order.name + " is a port of " + owner->name);
    }
    if (auto known = check_datapath(now); !known) return std::move(known).error();
    return create_operations(now, order, settings_.datapath, user, key);
  }
  return is_tenons(bridge->external_ids) ? complete_operations(*bridge, order, user, key) : Json::array();
}

Result<void> VirtualSwitch::realize(const BridgeOrder& order, const std::string& user, const std::string& key) const {
  auto session = Session::open(settings_.database, Deadline(settings_.limit));
  if (!session) return std::move(session).error();
  auto changed = change(session.value(), [&](const Snapshot& now) { return plan_bridge(now, order, user, key); });
  if (!changed) return std::move(changed).error();
  if (auto applied = wait_until_applied(session.value(), changed.value().next_cfg); !applied) return applied;
  if (changed.value().done) {
    tenon::log::info("bridge realized", {{"bridge", order.name}, {"network", order.network}, {"user", user}});
  }
  return check_result(session.value(), order);
}

Result<void> VirtualSwitch::remove(const std::string& bridge, const Plan& plan) const {
  auto session = Session::open(settings_.database, Deadline(settings_.limit));
  if (!session) return std::move(session).error();
  auto changed = change(session.value(), plan);
  if (!changed) return std::move(changed).error();
  if (!changed.value().done) return {};
  auto applied = wait_until_applied(session.value(), changed.value().next_cfg);
  if (!applied) {
    tenon::log::warning("removed from the database, not applied yet",
                        {{"bridge", bridge}, {"error", applied.error().to_string()}});
  }
  return {};
}

Result<void> VirtualSwitch::unrealize(const std::string& bridge, const std::string& user,
                                      const std::optional<std::string>& key) const {
  return remove(bridge, [&](const Snapshot& now) -> Result<Json> {
    const BridgeRow* row = now.bridge(bridge);
    if (row == nullptr || !is_tenons(row->external_ids)) return Json::array();
    const std::optional<std::string> noted = find_text(row->external_ids, user_mark(user).c_str());
    if (key && noted && *noted != *key) return Json::array();
    return give_up_operations(now, *row, user);
  });
}

Result<std::vector<NicPort>> VirtualSwitch::ports(const std::string& bridge) const {
  auto session = Session::open(settings_.database, Deadline(settings_.limit));
  if (!session) return std::move(session).error();
  auto now = read_snapshot(session.value());
  if (!now) return std::move(now).error();
  std::vector<NicPort> ports;
  const BridgeRow* row = now.value().bridge(bridge);
  if (row == nullptr) return ports;
  for (const PortRow& port : row->ports) {
    if (belongs_to_bridge(*row, port)) continue;
    const TextMap ids = port.interfaces.empty() ? TextMap() : port.interfaces.front().external_ids;
    ports.push_back({port.name, find_text(ids, "attached-mac"), find_text(ids, "iface-id"), find_text(ids, "vm-id")});
  }
  return ports;
}

Result<std::vector<std::string>> VirtualSwitch::list() const {
  auto session = Session::open(settings_.database, Deadline(settings_.limit));
  if (!session) return std::move(session).error();
  auto now = read_snapshot(session.value());
  if (!now) return std::move(now).error();
  std::vector<std::string> texts;
  for (const BridgeRow& bridge : now.value().bridges) {
    const std::optional<std::string> network = find_text(bridge.external_ids, kNetworkMark);
    texts.push_back("bridge " + bridge.name + (network ? " (made for " + *network + ")" : ""));
    for (const PortRow& port : bridge.ports) {
      if (port.name != bridge.name) texts.push_back("port " + port.name + " of bridge " + bridge.name);
    }
    for (const auto& [id, key] : bridge.external_ids) {
      if (!id.starts_with(kUserMark)) continue;
      texts.push_back("user " + id.substr(kUserMark.size()) + " of bridge " + bridge.name + " (" + key + ")");
    }
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

Result<void> VirtualSwitch::remove_ports(const std::string& bridge, const std::string& nic) const {
  return remove(bridge, [&](const Snapshot& now) -> Result<Json> {
    Json operations = Json::array();
    const BridgeRow* row = now.bridge(bridge);
    if (row == nullptr) return operations;
    for (const PortRow& port : row->ports) {
      if (!is_port_of_nic(port, nic)) continue;
      operations.push(mutate_operation("Bridge", row->uuid, "ports", "delete", set_of(uuid_atom(port.uuid))));
      tenon::log::info("removing a port that was left behind", {{"bridge", bridge}, {"port", port.name}});
    }
    return operations;
  });
}

}  // namespace ovs
