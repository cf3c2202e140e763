#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct nl_sock;

namespace vlan {

/// One link of the kernel.
struct Link {
  int index = 0;
  std::string name;
  /// `bridge`, `vlan`, `veth` …; empty for hardware.
  std::string kind;
  std::string alias;
  /// Index of the bridge that it is a port of; 0 if none.
  int master = 0;
  bool is_up = false;
  /// Of a VLAN device: its tag, and the index of the link that carries it.
  std::uint16_t vlan = 0;
  int parent = 0;
};

/// The links of this machine (of the network namespace of the thread that opens it), over a netlink socket. One thread.
///
/// Errors: VLAN.1002 the kernel refuses, or does not answer within the limit; VLAN.1005 it has no such kind of link.
class Links {
 public:
  [[nodiscard]] static tenon::Result<Links> open(std::chrono::milliseconds limit);

  /// None if there is no such link.
  [[nodiscard]] tenon::Result<std::optional<Link>> find(const std::string& name) const;
  /// By name, as ports_of.
  [[nodiscard]] tenon::Result<std::vector<Link>> all() const;
  [[nodiscard]] tenon::Result<std::vector<Link>> ports_of(const Link& bridge) const;
  /// Whether the link has an IP address other than a link-local one.
  [[nodiscard]] tenon::Result<bool> has_host_address(const Link& link) const;

  /// Its alternative names, which the kernel keeps for as long as the link. None if the link has gone.
  [[nodiscard]] tenon::Result<std::vector<std::string>> names_of(const Link& link) const;
  /// `name`: at most 127 characters, and no other link's.
  [[nodiscard]] tenon::Result<void> add_name(const Link& link, const std::string& name) const;
  [[nodiscard]] tenon::Result<void> remove_name(const Link& link, const std::string& name) const;

  /// Makes a link that is up and has the alias as soon as it has its name: a link under that name is whole. To be
  /// called by one thread of a machine at a time.
  [[nodiscard]] tenon::Result<void> make_bridge(const std::string& name, const std::string& alias) const;
  [[nodiscard]] tenon::Result<void> make_vlan(const std::string& name, const std::string& alias, const Link& parent,
                                              std::uint16_t vlan) const;
  /// Whether such links could be made: makes one under another name and removes it.
  [[nodiscard]] tenon::Result<void> try_bridge() const;
  [[nodiscard]] tenon::Result<void> try_vlan(const Link& parent, std::uint16_t vlan) const;

  [[nodiscard]] tenon::Result<void> bring_up(const Link& link) const;
  [[nodiscard]] tenon::Result<void> plug(const Link& port, const Link& bridge) const;
  /// Its ports stay, without a bridge. Success if it has gone already.
  [[nodiscard]] tenon::Result<void> remove(const Link& link) const;

 private:
  struct Close {
    void operator()(nl_sock* socket) const noexcept;
  };
  using Socket = std::unique_ptr<nl_sock, Close>;
  explicit Links(Socket socket) : socket_(std::move(socket)) {}

  /// What a new link is to be.
  struct Order {
    std::string kind;
    int parent = 0;
    std::uint16_t vlan = 0;
  };
  tenon::Result<void> change_name(int type, int flags, const Link& link, const std::string& name) const;
  tenon::Result<Link> make_unfinished(const Order& order) const;
  tenon::Result<void> finish(const Link& unfinished, const std::string& name, const std::string& alias) const;
  tenon::Result<void> make(const Order& order, const std::string& name, const std::string& alias) const;
  tenon::Result<void> attempt(const Order& order) const;

  Socket socket_;
};

}  // namespace vlan
