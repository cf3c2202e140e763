#include "hypervisor.h"

#include "domain_xml.h"

#include <tenon/log.h>

#include <algorithm>

namespace kvm {
namespace {

using tenon::ErrorCode;
using tenon::make_error;
using tenon::Result;
using tenon::iaas::VmDefinition;
using tenon::iaas::VmInfo;
using tenon::iaas::VmState;

ErrorCode cannot_read(std::string_view what) { return libvirt_error("KVM.1010", "can't read from libvirt", what); }
ErrorCode cannot_stop(std::string_view uuid) { return libvirt_error("KVM.1008", "can't remove the VM", uuid); }

/// The domain; an empty handle if libvirt does not know it.
Result<DomainHandle> find_domain(virConnectPtr connection, const std::string& uuid) {
  DomainHandle domain(virDomainLookupByUUIDString(connection, uuid.c_str()));
  if (!domain && last_libvirt_code() != VIR_ERR_NO_DOMAIN) return cannot_read(uuid);
  return domain;
}

/// Whether libvirt's last answer means that the domain has gone, which an undo is content with.
bool domain_has_gone() { return last_libvirt_code() == VIR_ERR_NO_DOMAIN; }

VmState vm_state(int libvirt_state) {
  switch (libvirt_state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED: return VmState::Running;
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED: return VmState::Paused;
    case VIR_DOMAIN_SHUTDOWN: return VmState::Stopping;
    case VIR_DOMAIN_SHUTOFF: return VmState::Stopped;
    case VIR_DOMAIN_CRASHED: return VmState::Crashed;
    default: return VmState::Unknown;
  }
}

Result<DomainDescription> describe(virDomainPtr domain) {
  TextHandle xml(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE));
  if (!xml) return cannot_read("a domain's XML");
  return read_domain_xml(xml.get());
}

Result<VmInfo> info_of(virDomainPtr domain) {
  auto description = describe(domain);
  if (!description) return std::move(description).error();
  int state = VIR_DOMAIN_NOSTATE;
  int reason = 0;
  if (virDomainGetState(domain, &state, &reason, 0) != 0) return cannot_read(description->name);
  return VmInfo{std::move(description->uuid), std::move(description->name), vm_state(state),
                std::move(description->key), std::move(description->volumes)};
}

/// Decides about a domain that has the uuid already: ours from an earlier attempt, or somebody else's.
Result<void> check_own(virDomainPtr domain, const std::string& key) {
  auto description = describe(domain);
  if (!description) return std::move(description).error();
  if (description->key == key) return {};
  return make_error("KVM.1005", "another VM has this uuid",
                    description->uuid + " is " + description->name + ", made by " +
                        (description->key ? "step " + *description->key : std::string("somebody else")));
}

/// libvirt's text for it is good, its code is the general one; so the name is looked up.
Result<void> check_name_free(virConnectPtr connection, const std::string& name) {
  DomainHandle domain(virDomainLookupByName(connection, name.c_str()));
  if (!domain) return last_libvirt_code() == VIR_ERR_NO_DOMAIN ? Result<void>() : Result<void>(cannot_read(name));
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  virDomainGetUUIDString(domain.get(), uuid);
  return make_error("KVM.1004", "another VM has this name", name + " is " + uuid);
}

/// A domain goes with all that libvirt keeps of it, which would else keep it from going.
unsigned undefine_flags(virConnectPtr connection) {
  constexpr unsigned kFlags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
  // The test driver refuses the flag for what it does not have.
  return is_test_driver(connection) ? kFlags : kFlags | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA;
}

}  // namespace

Result<void> Hypervisor::ping() {
  return connection_->call([&](virConnectPtr connection) -> Result<void> {
    auto type = domain_type(connection, domain_type_);
    if (!type) return std::move(type).error();
    unsigned long version = 0;
    // A call to the daemon, unlike what is known since the connection was made.
    if (virConnectGetLibVersion(connection, &version) != 0 || virConnectNumOfDomains(connection) < 0) {
      return cannot_read(connection_->uri());
    }
    return {};
  });
}

Result<void> Hypervisor::define(const VmDefinition& vm, const std::string& key) {
  return connection_->call([&](virConnectPtr connection) -> Result<void> {
    auto existing = find_domain(connection, vm.instance.uuid);
    if (!existing) return std::move(existing).error();
    if (DomainHandle domain = std::move(existing).value()) return check_own(domain.get(), key);
    if (auto free = check_name_free(connection, vm.instance.name); !free) return free;
    auto type = domain_type(connection, domain_type_);
    if (!type) return std::move(type).error();
    const std::string xml = domain_xml(vm, type.value(), key);
    DomainHandle defined(virDomainDefineXMLFlags(connection, xml.c_str(), 0));
    if (!defined) return libvirt_error("KVM.1006", "libvirt refuses the VM", vm.instance.name);
    tenon::log::info("domain defined",
                     {{"name", vm.instance.name}, {"uuid", vm.instance.uuid}, {"type", type.value()}, {"key", key}});
    return {};
  });
}

Result<void> Hypervisor::start(const std::string& uuid) {
  return connection_->call([&](virConnectPtr connection) -> Result<void> {
    auto found = find_domain(connection, uuid);
    if (!found) return std::move(found).error();
    DomainHandle domain = std::move(found).value();
    if (!domain) return make_error("KVM.1003", "no such VM", uuid);
    if (virDomainIsActive(domain.get()) == 1) return {};
    if (virDomainCreate(domain.get()) != 0) {
      ErrorCode error = libvirt_error("KVM.1007", "the VM does not start", uuid);
      if (virDomainIsActive(domain.get()) == 1) return {};
      return error;
    }
    tenon::log::info("domain started", {{"uuid", uuid}});
    return {};
  });
}

Result<void> Hypervisor::destroy(const std::string& uuid) {
  return connection_->call([&](virConnectPtr connection) -> Result<void> {
    auto found = find_domain(connection, uuid);
    if (!found) return std::move(found).error();
    DomainHandle domain = std::move(found).value();
    if (!domain || virDomainIsActive(domain.get()) == 0) return {};
    if (virDomainDestroy(domain.get()) != 0) {
      ErrorCode error = cannot_stop(uuid);
      if (domain_has_gone() || virDomainIsActive(domain.get()) == 0) return {};
      return error;
    }
    tenon::log::info("domain destroyed", {{"uuid", uuid}});
    return {};
  });
}

Result<void> Hypervisor::undefine(const std::string& uuid) {
  return connection_->call([&](virConnectPtr connection) -> Result<void> {
    auto found = find_domain(connection, uuid);
    if (!found) return std::move(found).error();
    DomainHandle domain = std::move(found).value();
    if (!domain) return {};
    // libvirt would let it run on, as a transient domain that nobody finds after a restart.
    if (virDomainIsActive(domain.get()) == 1) return make_error("KVM.1008", "can't remove the VM", uuid + " runs");
    if (virDomainUndefineFlags(domain.get(), undefine_flags(connection)) != 0) {
      if (domain_has_gone()) return {};
      return cannot_stop(uuid);
    }
    tenon::log::info("domain undefined", {{"uuid", uuid}});
    return {};
  });
}

Result<std::optional<VmInfo>> Hypervisor::find(const std::string& uuid) {
  return connection_->call([&](virConnectPtr connection) -> Result<std::optional<VmInfo>> {
    auto found = find_domain(connection, uuid);
    if (!found) return std::move(found).error();
    DomainHandle domain = std::move(found).value();
    if (!domain) return std::optional<VmInfo>();
    auto info = info_of(domain.get());
    if (!info) return domain_has_gone() ? Result<std::optional<VmInfo>>(std::optional<VmInfo>()) : info.error();
    return std::optional<VmInfo>(std::move(info).value());
  });
}

Result<std::vector<VmInfo>> Hypervisor::list() {
  return connection_->call([&](virConnectPtr connection) -> Result<std::vector<VmInfo>> {
    virDomainPtr* raw = nullptr;
    const int count = virConnectListAllDomains(connection, &raw, 0);
    if (count < 0) return cannot_read(connection_->uri());
    std::vector<DomainHandle> domains(raw, raw + count);
    std::free(raw);

    std::vector<VmInfo> infos;
    for (const DomainHandle& domain : domains) {
      auto info = info_of(domain.get());
      if (info) {
        infos.push_back(std::move(info).value());
      } else if (!domain_has_gone()) {
        return std::move(info).error();
      }
    }
    std::sort(infos.begin(), infos.end(), [](const VmInfo& a, const VmInfo& b) { return a.name < b.name; });
    return infos;
  });
}

}  // namespace kvm
