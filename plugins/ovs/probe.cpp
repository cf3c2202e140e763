#include "probe.h"

#include "l2_network.h"

namespace ovs {

void Probe::set_database(const std::string& address) { database_ = checked_address(address); }

tenon::Result<std::vector<std::string>> Probe::list() const {
  auto listed = VirtualSwitch(SwitchSettings{database_, SwitchSettings{}.datapath, limit}).list();
  if (!listed && !required && listed.error().code == "OVS.1001") return std::vector<std::string>();
  return listed;
}

}  // namespace ovs
