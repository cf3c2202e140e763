#include "check_host.h"

#include "l2_network.h"

#include <tenon/iaas/l2_driver.h>
#include <tenon/log.h>

#include <utility>

namespace ovs {

void CheckHost::set_database(const std::string& address) { database_ = checked_address(address); }

void CheckHost::check(tenon::FlowData& data) const {
  const tenon::iaas::HostRecord& host = data.get(tenon::iaas::kHost);
  tenon::Result<void> works;
  if (tenon::iaas::is_this_machine(host)) {
    works = VirtualSwitch(SwitchSettings{database_, datapath, limit}).check();
  } else {
    works = not_this_machine(host);
  }
  if (works) return;
  tenon::ErrorCode refused =
      tenon::make_error("OVS.1014", "the host is refused: its Open vSwitch does not work", "host " + host.name);
  refused.causes.push_back(std::move(works).error());
  if (required) throw tenon::Error(std::move(refused));
  tenon::log::warning("the host has no working Open vSwitch",
                      {{"host", host.name}, {"error", refused.causes.front().to_string()}});
}

}  // namespace ovs
