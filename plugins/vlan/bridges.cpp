#include "bridges.h"

#include <tenon/log.h>

#include <algorithm>
#include <map>
#include <utility>

namespace vlan {
namespace {

using tenon::ErrorCode;
using tenon::make_error;
using tenon::Result;
using tenon::iaas::NicPort;

constexpr std::string_view kMark = "tenon:";
constexpr std::string_view kUserMark = "tenon-user:";

bool is_tenons(const Link& link) { return link.alias.starts_with(kMark); }
std::string mark_of(const BridgeOrder& order) { return std::string(kMark) + order.network; }

ErrorCode something_else(const std::string& name, const std::string& found) {
  return make_error("VLAN.1004", "the name of a link is taken", name + " is " + found);
}
ErrorCode unusable(const std::string& name, const std::string& why) {
  return make_error("VLAN.1006", "the physical interface can't be used", name + ": " + why);
}

std::string note_of(const std::string& user, const std::string& key) {
  return std::string(kUserMark).append(user).append("=").append(key);
}

/// Who uses a bridge, each with the key of the step that noted it.
using Users = std::map<std::string, std::string>;

Result<Users> users_of(const Links& links, const Link& bridge) {
  const auto names = links.names_of(bridge);
  if (!names) return names.error();
  Users users;
  for (const std::string& name : *names) {
    const std::size_t end = name.rfind('=');
    if (!name.starts_with(kUserMark) || end == std::string::npos) continue;
    users.emplace(name.substr(kUserMark.size(), end - kUserMark.size()), name.substr(end + 1));
  }
  return users;
}

/// A bridge that Tenon did not make is left as it is.
Result<void> note_user(const Links& links, const BridgeOrder& order, const std::string& user, const std::string& key) {
  auto bridge = links.find(order.name);
  if (!bridge) return std::move(bridge).error();
  if (!bridge.value() || !is_tenons(*bridge.value())) return {};
  const auto users = users_of(links, *bridge.value());
  if (!users) return users.error();
  return users->contains(user) ? Result<void>() : links.add_name(*bridge.value(), note_of(user, key));
}

/// Whether nobody uses the bridge any more, or it is not Tenon's. Forgets the user, if it is noted with the key.
Result<bool> forget_user(const Links& links, const BridgeOrder& order, const std::string& user,
                         const std::optional<std::string>& key) {
  auto bridge = links.find(order.name);
  if (!bridge) return std::move(bridge).error();
  if (!bridge.value() || !is_tenons(*bridge.value())) return true;
  auto users = users_of(links, *bridge.value());
  if (!users) return std::move(users).error();
  if (const auto noted = users->find(user); noted != users->end()) {
    if (key && noted->second != *key) return false;
    if (auto removed = links.remove_name(*bridge.value(), note_of(user, noted->second)); !removed) {
      return std::move(removed).error();
    }
    users->erase(noted);
  }
  return users->empty();
}

Result<Link> require(const Links& links, const std::string& name) {
  auto found = links.find(name);
  if (!found) return std::move(found).error();
  if (!found.value()) return make_error("VLAN.1003", "there is no such interface", name);
  return *found.value();
}

/// The bridge; none if it is not there.
Result<std::optional<Link>> find_bridge(const Links& links, const BridgeOrder& order) {
  auto found = links.find(order.name);
  if (found && found.value() && found.value()->kind != "bridge") {
    return something_else(order.name, found.value()->kind.empty() ? "hardware" : "a " + found.value()->kind);
  }
  return found;
}

/// The VLAN device; none if it is not there.
Result<std::optional<Link>> find_vlan_device(const Links& links, const BridgeOrder& order, const Link& parent) {
  auto found = links.find(*order.uplink());
  if (!found || !found.value()) return found;
  const Link& device = *found.value();
  if (device.kind == "vlan" && device.vlan == *order.vlan && device.parent == parent.index) return found;
  return something_else(device.name, "not VLAN " + std::to_string(*order.vlan) + " of " + parent.name);
}

/// Whether this link may lead out of the bridge, which may not be there yet. It may be in it already.
Result<void> check_uplink(const Links& links, const Link& uplink, const std::optional<Link>& bridge) {
  if (bridge && uplink.master == bridge->index) return {};
  if (uplink.master != 0) return unusable(uplink.name, "it is a port of another bridge");
  if (bridge && !is_tenons(*bridge)) {
    return unusable(uplink.name, "the bridge " + bridge->name + ", which Tenon did not make, has no such port");
  }
  auto reached = links.has_host_address(uplink);
  if (!reached) return std::move(reached).error();
  if (reached.value())
    return unusable(uplink.name, "it has an IP address, at which the host could no longer be reached");
  return {};
}

/// The link that leads out, made if it is a VLAN device that is missing. Up.
Result<Link> realize_uplink(const Links& links, const BridgeOrder& order, const std::optional<Link>& bridge) {
  auto physical = require(links, *order.physical_interface);
  if (!physical) return physical;
  if (!order.vlan) {
    if (auto good = check_uplink(links, physical.value(), bridge); !good) return std::move(good).error();
  }
  if (auto up = links.bring_up(physical.value()); !up) return std::move(up).error();
  if (!order.vlan) return physical;

  auto device = find_vlan_device(links, order, physical.value());
  if (!device) return std::move(device).error();
  if (!device.value()) {
    auto made = links.make_vlan(*order.uplink(), mark_of(order), physical.value(), *order.vlan);
    if (!made) return std::move(made).error();
  }
  auto uplink = require(links, *order.uplink());
  if (!uplink) return uplink;
  if (auto good = check_uplink(links, uplink.value(), bridge); !good) return std::move(good).error();
  if (auto up = links.bring_up(uplink.value()); !up) return std::move(up).error();
  return uplink;
}

Result<void> realize_bridge(const Links& links, const BridgeOrder& order) {
  auto bridge = find_bridge(links, order);
  if (!bridge) return std::move(bridge).error();
  std::optional<Link> uplink;
  if (order.physical_interface) {
    auto realized = realize_uplink(links, order, bridge.value());
    if (!realized) return std::move(realized).error();
    uplink = realized.value();
  }
  if (!bridge.value()) {
    if (auto made = links.make_bridge(order.name, mark_of(order)); !made) return made;
    tenon::log::info("bridge made", {{"bridge", order.name}, {"network", order.network}});
  }
  if (!uplink) return {};
  auto now = require(links, order.name);
  if (!now) return std::move(now).error();
  return uplink->master == now.value().index ? Result<void>() : links.plug(*uplink, now.value());
}

/// Whether the bridge has gone, or has never been Tenon's.
Result<bool> remove_bridge(const Links& links, const BridgeOrder& order) {
  auto bridge = links.find(order.name);
  if (!bridge) return std::move(bridge).error();
  if (!bridge.value() || !is_tenons(*bridge.value())) return true;
  auto ports = links.ports_of(*bridge.value());
  if (!ports) return std::move(ports).error();
  for (const Link& port : ports.value()) {
    if (port.name != order.uplink()) return false;
  }
  if (auto removed = links.remove(*bridge.value()); !removed) return std::move(removed).error();
  tenon::log::info("bridge removed", {{"bridge", order.name}, {"network", order.network}});
  return true;
}

Result<void> remove_vlan_device(const Links& links, const BridgeOrder& order) {
  if (!order.vlan) return {};
  auto device = links.find(*order.uplink());
  if (!device) return std::move(device).error();
  if (!device.value() || !is_tenons(*device.value()) || device.value()->master != 0) return {};
  return links.remove(*device.value());
}

}  // namespace

std::optional<std::string> BridgeOrder::uplink() const {
  if (!physical_interface || !vlan) return physical_interface;
  return *physical_interface + "." + std::to_string(*vlan);
}

Result<void> Bridges::check(const BridgeOrder& order, std::chrono::milliseconds limit) {
  std::lock_guard lock(mutex_);
  auto links = Links::open(limit);
  if (!links) return std::move(links).error();
  auto bridge = find_bridge(links.value(), order);
  if (!bridge) return std::move(bridge).error();
  if (!bridge.value()) {
    if (auto possible = links.value().try_bridge(); !possible) return possible;
  }
  if (!order.physical_interface) return {};
  auto physical = require(links.value(), *order.physical_interface);
  if (!physical) return std::move(physical).error();
  if (!order.vlan) return check_uplink(links.value(), physical.value(), bridge.value());

  auto device = find_vlan_device(links.value(), order, physical.value());
  if (!device) return std::move(device).error();
  if (device.value()) return check_uplink(links.value(), *device.value(), bridge.value());
  return links.value().try_vlan(physical.value(), *order.vlan);
}

Result<void> Bridges::realize(const BridgeOrder& order, const std::string& user, const std::string& key,
                              std::chrono::milliseconds limit) {
  std::lock_guard lock(mutex_);
  auto links = Links::open(limit);
  if (!links) return std::move(links).error();
  if (auto realized = realize_bridge(links.value(), order); !realized) return realized;
  return note_user(links.value(), order, user, key);
}

Result<void> Bridges::unrealize(const BridgeOrder& order, const std::string& user,
                                const std::optional<std::string>& key, std::chrono::milliseconds limit) {
  std::lock_guard lock(mutex_);
  auto links = Links::open(limit);
  if (!links) return std::move(links).error();
  auto unused = forget_user(links.value(), order, user, key);
  if (!unused) return std::move(unused).error();
  if (!unused.value()) return {};
  auto gone = remove_bridge(links.value(), order);
  if (!gone) return std::move(gone).error();
  return gone.value() ? remove_vlan_device(links.value(), order) : Result<void>();
}

Result<std::vector<NicPort>> Bridges::ports(const BridgeOrder& order, std::chrono::milliseconds limit) {
  auto links = Links::open(limit);
  if (!links) return std::move(links).error();
  auto bridge = find_bridge(links.value(), order);
  if (!bridge) return std::move(bridge).error();
  std::vector<NicPort> ports;
  if (!bridge.value()) return ports;
  auto plugged = links.value().ports_of(*bridge.value());
  if (!plugged) return std::move(plugged).error();
  for (Link& port : plugged.value()) {
    if (port.name != order.uplink()) ports.push_back({std::move(port.name), {}, {}, {}});
  }
  return ports;
}

Result<std::vector<std::string>> Bridges::list(std::chrono::milliseconds limit) {
  std::lock_guard lock(mutex_);
  auto links = Links::open(limit);
  if (!links) return std::move(links).error();
  auto found = links.value().all();
  if (!found) return std::move(found).error();
  std::vector<std::string> texts;
  std::map<int, std::string> bridges;
  for (const Link& link : found.value()) {
    const std::string alias = link.alias.empty() ? "" : " (" + link.alias + ")";
    if (link.kind == "vlan") texts.push_back("VLAN device " + link.name + alias);
    if (link.kind != "bridge") continue;
    texts.push_back("bridge " + link.name + alias);
    bridges[link.index] = link.name;
    const auto users = users_of(links.value(), link);
    if (!users) return users.error();
    for (const auto& [user, key] : *users) {
      texts.push_back("user " + user + " of bridge " + link.name + " (" + key + ")");
    }
  }
  for (const Link& link : found.value()) {
    const auto bridge = bridges.find(link.master);
    if (bridge != bridges.end()) texts.push_back("port " + link.name + " of bridge " + bridge->second);
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace vlan
