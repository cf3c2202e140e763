#include "l2_networks.h"

#include <tenon/iaas/vm.h>
#include <tenon/log.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace network {
namespace {

using tenon::Drivers;
using tenon::Error;
using tenon::ErrorCode;
using tenon::make_error;
using tenon::Owned;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::kL2Network;
using tenon::iaas::l2_user;
using tenon::iaas::L2Network;
using tenon::iaas::L2NetworkFactory;
using tenon::iaas::L2NetworkRecord;

struct OnHosts {
  std::vector<Owned<L2Network>> networks;
  /// Why it is not on the other hosts.
  std::vector<ErrorCode> elsewhere;
};

OnHosts on_hosts(const L2NetworkRecord& record, const std::vector<HostRecord>& hosts,
                 const Drivers<L2NetworkFactory>& drivers) {
  OnHosts on;
  for (const HostRecord& host : hosts) {
    auto network = drivers.get(record.type)->create(record, host);
    if (network) {
      on.networks.push_back(std::move(network).value());
    } else {
      on.elsewhere.push_back(std::move(network).error());
    }
  }
  return on;
}

/// Throws the first error; the others are its causes.
void throw_if_any(std::vector<ErrorCode> errors) {
  if (errors.empty()) return;
  ErrorCode first = std::move(errors.front());
  first.causes.insert(first.causes.end(), std::make_move_iterator(errors.begin() + 1),
                      std::make_move_iterator(errors.end()));
  throw Error(std::move(first));
}

void realize(const OnHosts& on, const L2NetworkRecord& record, const std::string& key) {
  for (const Owned<L2Network>& network : on.networks) network->realize(l2_user(record), key).value();
}

/// On each host where that can be done.
void unrealize(const OnHosts& on, const L2NetworkRecord& record, const std::optional<std::string>& key) {
  std::vector<ErrorCode> errors;
  for (const Owned<L2Network>& network : on.networks) {
    if (auto left = network->unrealize(l2_user(record), key); !left) errors.push_back(std::move(left).error());
  }
  throw_if_any(std::move(errors));
}

}  // namespace

void CheckL2Network::execute(tenon::FlowData& data) const {
  const L2NetworkRecord& record = data.get(kL2Network);
  require_record_name(kL2Network, record);
  OnHosts on = on_hosts(record, registry->hosts().list(), networks);
  if (on.networks.empty()) {
    ErrorCode error = make_error("NETWORK.1002", "no host can have the network",
                                 on.elsewhere.empty() ? "none is registered" : "network " + record.name);
    error.causes = std::move(on.elsewhere);
    throw Error(std::move(error));
  }
  for (const Owned<L2Network>& network : on.networks) network->check().value();
}

void RealizeL2Network::execute(tenon::FlowData& data) const {
  const L2NetworkRecord& record = data.get(kL2Network);
  realize(on_hosts(record, registry->hosts().list(), networks), record, data.key());
}

void RealizeL2Network::undo(tenon::FlowData& data) const {
  const L2NetworkRecord& record = data.get(kL2Network);
  unrealize(on_hosts(record, registry->hosts().list(), networks), record, data.key());
}

void UnrealizeL2Network::execute(tenon::FlowData& data) const {
  const L2NetworkRecord& record = data.get(kL2Network);
  unrealize(on_hosts(record, registry->hosts().list(), networks), record, std::nullopt);
}

void UnrealizeL2Network::undo(tenon::FlowData& data) const {
  const L2NetworkRecord& record = data.get(kL2Network);
  realize(on_hosts(record, registry->hosts().list(), networks), record, data.key());
}

void LeaveHost::execute(tenon::FlowData& data) const {
  const HostRecord& host = data.get(tenon::iaas::kHost);
  for (const L2NetworkRecord& record : registry->l2_networks().list()) {
    try {
      unrealize(on_hosts(record, {host}, networks), record, std::nullopt);
    } catch (const Error& e) {
      tenon::log::warning("a network stays on a host that is removed",
                          {{"network", record.name}, {"host", host.name}, {"error", e.error().to_string()}});
    }
  }
}

void LeaveHost::undo(tenon::FlowData& data) const {
  const HostRecord& host = data.get(tenon::iaas::kHost);
  for (const L2NetworkRecord& record : registry->l2_networks().list()) {
    realize(on_hosts(record, {host}, networks), record, data.key());
  }
}

Result<std::vector<std::string>> L2NetworkProbe::list() const {
  try {
    const std::vector<HostRecord> hosts = registry->hosts().list();
    std::vector<std::string> texts;
    for (const L2NetworkRecord& record : registry->l2_networks().list()) {
      for (const HostRecord& host : hosts) {
        for (const Owned<L2Network>& network : on_hosts(record, {host}, networks).networks) {
          const std::vector<tenon::iaas::NicPort> ports = network->ports().value();
          for (const auto& port : ports) {
            texts.push_back("port " + port.name + " of network " + record.name + " on " + host.name);
          }
        }
      }
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  } catch (const Error& e) {
    return e.error();
  }
}

}  // namespace network
