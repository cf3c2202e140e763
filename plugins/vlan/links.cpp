#include "links.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace vlan {
namespace {

using tenon::ErrorCode;
using tenon::make_error;
using tenon::Result;

/// Of a link that is being made. One that a crash has left is removed by the next who makes one.
constexpr const char* kUnfinished = "tenon~new";

struct PutLink {
  void operator()(rtnl_link* link) const noexcept { rtnl_link_put(link); }
};
struct FreeCache {
  void operator()(nl_cache* cache) const noexcept { nl_cache_free(cache); }
};
struct FreeMessage {
  void operator()(nl_msg* message) const noexcept { nlmsg_free(message); }
};
using MessageHandle = std::unique_ptr<nl_msg, FreeMessage>;
using LinkHandle = std::unique_ptr<rtnl_link, PutLink>;
using CacheHandle = std::unique_ptr<nl_cache, FreeCache>;

/// `result`: below 0, an error of libnl's.
ErrorCode refusal(const std::string& what, int result) {
  return make_error("VLAN.1002", "the kernel refuses", what + ": " + nl_geterror(result));
}

ErrorCode missing(const std::string& kind) {
  if (kind != "vlan") {
    return make_error("VLAN.1005", "the kernel has not got what is needed", "its module bridge is missing");
  }
  const bool has_module = ::access("/proc/net/vlan/config", F_OK) == 0;
  return make_error(
      "VLAN.1005", "the kernel has not got what is needed",
      has_module ? "the physical interface can't carry VLANs" : "its module 8021q, for VLANs, is missing");
}

std::string text_of(const char* text) { return text != nullptr ? text : ""; }

Link read(rtnl_link* link) {
  Link result;
  result.index = rtnl_link_get_ifindex(link);
  result.name = text_of(rtnl_link_get_name(link));
  result.kind = text_of(rtnl_link_get_type(link));
  result.alias = text_of(rtnl_link_get_ifalias(link));
  result.master = rtnl_link_get_master(link);
  result.is_up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
  if (rtnl_link_is_vlan(link) != 0) {
    result.vlan = static_cast<std::uint16_t>(rtnl_link_vlan_get_id(link));
    result.parent = rtnl_link_get_link(link);
  }
  return result;
}

/// A link with this index, to tell the kernel which one is meant.
LinkHandle handle_of(const Link& link) {
  LinkHandle handle(rtnl_link_alloc());
  rtnl_link_set_ifindex(handle.get(), link.index);
  return handle;
}

/// A message about the link; libnl has no words for its alternative names.
MessageHandle message_about(const Link& link, int type, int flags) {
  MessageHandle message(nlmsg_alloc_simple(type, flags));
  ifinfomsg header{};
  header.ifi_index = link.index;
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  return message;
}

/// Adds the alternative names that the kernel's answer has to a vector of them. Called by libnl.
int collect_names(nl_msg* message, void* names) {
  nlattr* properties = nlmsg_find_attr(nlmsg_hdr(message), sizeof(ifinfomsg), IFLA_PROP_LIST);
  if (properties == nullptr) return NL_OK;
  int left = nla_len(properties);
  for (auto* each = static_cast<nlattr*>(nla_data(properties)); nla_ok(each, left) != 0; each = nla_next(each, &left)) {
    if (nla_type(each) == IFLA_ALT_IFNAME)
      static_cast<std::vector<std::string>*>(names)->push_back(nla_get_string(each));
  }
  return NL_OK;
}

}  // namespace

void Links::Close::operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }

Result<Links> Links::open(std::chrono::milliseconds limit) {
  Socket socket(nl_socket_alloc());
  if (const int result = nl_connect(socket.get(), NETLINK_ROUTE); result < 0) return refusal("netlink", result);
  timeval wait{};
  wait.tv_sec = limit.count() / 1000;
  wait.tv_usec = limit.count() % 1000 * 1000;
  ::setsockopt(nl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  return Links(std::move(socket));
}

Result<std::optional<Link>> Links::find(const std::string& name) const {
  rtnl_link* found = nullptr;
  const int result = rtnl_link_get_kernel(socket_.get(), 0, name.c_str(), &found);
  const LinkHandle link(found);
  if (result == -NLE_NODEV || result == -NLE_OBJ_NOTFOUND) return std::optional<Link>();
  if (result < 0) return refusal(name, result);
  return std::optional<Link>(read(link.get()));
}

Result<std::vector<Link>> Links::all() const {
  nl_cache* found = nullptr;
  if (const int result = rtnl_link_alloc_cache(socket_.get(), AF_UNSPEC, &found); result < 0) {
    return refusal("listing the links", result);
  }
  const CacheHandle cache(found);
  std::vector<Link> links;
  for (nl_object* each = nl_cache_get_first(found); each != nullptr; each = nl_cache_get_next(each)) {
    links.push_back(read(reinterpret_cast<rtnl_link*>(each)));
  }
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.name < b.name; });
  return links;
}

Result<std::vector<Link>> Links::ports_of(const Link& bridge) const {
  auto ports = all();
  if (ports) std::erase_if(ports.value(), [&](const Link& link) { return link.master != bridge.index; });
  return ports;
}

Result<bool> Links::has_host_address(const Link& link) const {
  nl_cache* all = nullptr;
  if (const int result = rtnl_addr_alloc_cache(socket_.get(), &all); result < 0) return refusal(link.name, result);
  const CacheHandle cache(all);
  for (nl_object* each = nl_cache_get_first(all); each != nullptr; each = nl_cache_get_next(each)) {
    auto* address = reinterpret_cast<rtnl_addr*>(each);
    if (rtnl_addr_get_ifindex(address) == link.index && rtnl_addr_get_scope(address) != RT_SCOPE_LINK) return true;
  }
  return false;
}

Result<std::vector<std::string>> Links::names_of(const Link& link) const {
  std::vector<std::string> names;
  const MessageHandle message = message_about(link, RTM_GETLINK, 0);
  nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, collect_names, &names);
  int result = nl_send_auto(socket_.get(), message.get());
  if (result >= 0) result = nl_recvmsgs_default(socket_.get());
  if (result >= 0) result = nl_wait_for_ack(socket_.get());  // comes after the answer, if there is one
  nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  if (result < 0 && result != -NLE_NODEV) return refusal(link.name, result);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> Links::change_name(int type, int flags, const Link& link, const std::string& name) const {
  const MessageHandle message = message_about(link, type, flags);
  nlattr* properties = nla_nest_start(message.get(), IFLA_PROP_LIST | NLA_F_NESTED);
  nla_put_string(message.get(), IFLA_ALT_IFNAME, name.c_str());
  nla_nest_end(message.get(), properties);
  int result = nl_send_auto(socket_.get(), message.get());
  if (result >= 0) result = nl_wait_for_ack(socket_.get());
  return result < 0 ? refusal(link.name + " with the alternative name " + name, result) : Result<void>();
}

Result<void> Links::add_name(const Link& link, const std::string& name) const {
  return change_name(RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, link, name);
}
Result<void> Links::remove_name(const Link& link, const std::string& name) const {
  return change_name(RTM_DELLINKPROP, 0, link, name);
}

Result<Link> Links::make_unfinished(const Order& order) const {
  auto left = find(kUnfinished);
  if (!left) return std::move(left).error();
  if (left.value()) {
    if (auto removed = remove(*left.value()); !removed) return std::move(removed).error();
  }
  const LinkHandle link(order.kind == "vlan" ? rtnl_link_vlan_alloc() : rtnl_link_alloc());
  rtnl_link_set_name(link.get(), kUnfinished);
  if (order.kind == "vlan") {
    rtnl_link_set_link(link.get(), order.parent);
    rtnl_link_vlan_set_id(link.get(), order.vlan);
  } else if (const int result = rtnl_link_set_type(link.get(), order.kind.c_str()); result < 0) {
    return refusal(order.kind, result);
  }
  const int result = rtnl_link_add(socket_.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (result == -NLE_OPNOTSUPP) return missing(order.kind);
  if (result < 0) return refusal("making a link of kind " + order.kind, result);
  auto made = find(kUnfinished);
  if (!made) return std::move(made).error();
  if (!made.value()) return refusal(kUnfinished, -NLE_OBJ_NOTFOUND);
  return *made.value();
}

Result<void> Links::finish(const Link& unfinished, const std::string& name, const std::string& alias) const {
  const LinkHandle now = handle_of(unfinished);
  const LinkHandle wanted(rtnl_link_alloc());
  rtnl_link_set_name(wanted.get(), name.c_str());
  rtnl_link_set_ifalias(wanted.get(), alias.c_str());
  rtnl_link_set_flags(wanted.get(), IFF_UP);
  const int result = rtnl_link_change(socket_.get(), now.get(), wanted.get(), 0);
  return result < 0 ? refusal(name, result) : Result<void>();
}

Result<void> Links::make(const Order& order, const std::string& name, const std::string& alias) const {
  auto unfinished = make_unfinished(order);
  if (!unfinished) return std::move(unfinished).error();
  auto finished = finish(unfinished.value(), name, alias);
  if (!finished) (void)remove(unfinished.value());  // the first error counts; by now the link may have the name
  return finished;
}

Result<void> Links::attempt(const Order& order) const {
  auto unfinished = make_unfinished(order);
  if (!unfinished) return std::move(unfinished).error();
  return remove(unfinished.value());
}

Result<void> Links::make_bridge(const std::string& name, const std::string& alias) const {
  return make({"bridge", 0, 0}, name, alias);
}
Result<void> Links::make_vlan(const std::string& name, const std::string& alias, const Link& parent,
                              std::uint16_t vlan) const {
  return make({"vlan", parent.index, vlan}, name, alias);
}
Result<void> Links::try_bridge() const { return attempt({"bridge", 0, 0}); }
Result<void> Links::try_vlan(const Link& parent, std::uint16_t vlan) const {
  return attempt({"vlan", parent.index, vlan});
}

Result<void> Links::bring_up(const Link& link) const {
  if (link.is_up) return {};
  const LinkHandle now = handle_of(link);
  const LinkHandle wanted(rtnl_link_alloc());
  rtnl_link_set_flags(wanted.get(), IFF_UP);
  const int result = rtnl_link_change(socket_.get(), now.get(), wanted.get(), 0);
  return result < 0 ? refusal(link.name, result) : Result<void>();
}

Result<void> Links::plug(const Link& port, const Link& bridge) const {
  const int result = rtnl_link_enslave_ifindex(socket_.get(), bridge.index, port.index);
  return result < 0 ? refusal(port.name + " into " + bridge.name, result) : Result<void>();
}

Result<void> Links::remove(const Link& link) const {
  const LinkHandle handle = handle_of(link);
  const int result = rtnl_link_delete(socket_.get(), handle.get());
  return result < 0 && result != -NLE_NODEV ? refusal(link.name, result) : Result<void>();
}

}  // namespace vlan
