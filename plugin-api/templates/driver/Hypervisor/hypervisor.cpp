#include "hypervisor.h"

#include <utility>

namespace acme {

using tenon::Result;

Hypervisor::Hypervisor(std::string uri) : uri_(std::move(uri)) {}

tenon::ErrorCode Hypervisor::not_yet(std::string what) const {
  return tenon::make_error("ACME.1001", "the driver can't do this yet", std::move(what) + " on " + uri_);
}

Result<void> Hypervisor::ping() { return not_yet("ping"); }

Result<void> Hypervisor::define(const tenon::iaas::VmDefinition& /*vm*/, const std::string& /*key*/) {
  return not_yet("define a VM");
}

Result<void> Hypervisor::start(const std::string& uuid) { return not_yet("start VM " + uuid); }

Result<void> Hypervisor::destroy(const std::string& uuid) { return not_yet("destroy VM " + uuid); }

Result<void> Hypervisor::undefine(const std::string& uuid) { return not_yet("undefine VM " + uuid); }

Result<std::optional<tenon::iaas::VmInfo>> Hypervisor::find(const std::string& uuid) {
  return not_yet("find VM " + uuid);
}

Result<std::vector<tenon::iaas::VmInfo>> Hypervisor::list() { return not_yet("list the VMs"); }

}  // namespace acme
