#include "domain_type.h"

#include "connection.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace kvm {
namespace {

bool is_local(virConnectPtr connection) {
  TextHandle uri(virConnectGetURI(connection));
  if (!uri) return false;
  const std::string_view text = uri.get();
  const std::size_t scheme = text.find("://");
  // `qemu+ssh://host/system` has a server between scheme and path, `qemu:///system` has none.
  return scheme != std::string_view::npos && text.substr(scheme + 3).starts_with('/');
}

bool libvirt_offers_kvm(virConnectPtr connection) {
  return TextHandle(virConnectGetDomainCapabilities(connection, nullptr, "x86_64", "q35", "kvm", 0)) != nullptr;
}

}  // namespace

DomainTypeChoice domain_type_choice(std::string_view text) {
  if (text == "auto") return DomainTypeChoice::kAuto;
  if (text == "kvm") return DomainTypeChoice::kKvm;
  if (text == "qemu") return DomainTypeChoice::kQemu;
  throw tenon::Error(tenon::make_error("KVM.1009", "no such domain type",
                                       "expected auto, kvm or qemu, found '" + std::string(text) + "'"));
}

bool kvm_device_works(const char* path) noexcept {
  const int device = ::open(path, O_RDWR | O_CLOEXEC);
  if (device < 0) return errno == EACCES || errno == EPERM;
  const int machine =
      ::ioctl(device, KVM_GET_API_VERSION, 0) == KVM_API_VERSION ? ::ioctl(device, KVM_CREATE_VM, 0) : -1;
  ::close(device);
  if (machine < 0) return false;
  ::close(machine);
  return true;
}

bool is_test_driver(virConnectPtr connection) {
  const char* driver = virConnectGetType(connection);
  return driver != nullptr && std::string_view(driver) == "TEST";
}

tenon::Result<std::string> domain_type(virConnectPtr connection, DomainTypeChoice choice) {
  if (is_test_driver(connection)) return std::string("test");
  const char* driver = virConnectGetType(connection);
  if (driver == nullptr) return libvirt_error("KVM.1009", "no such domain type", "the driver's name");
  if (std::string_view(driver) != "QEMU") {
    return tenon::make_error("KVM.1009", "no such domain type",
                             "libvirt's driver is " + std::string(driver) + ", hypervisor type KVM needs QEMU");
  }
  switch (choice) {
    case DomainTypeChoice::kKvm: return std::string("kvm");
    case DomainTypeChoice::kQemu: return std::string("qemu");
    case DomainTypeChoice::kAuto: break;
  }
  const bool usable = libvirt_offers_kvm(connection) && (!is_local(connection) || kvm_device_works());
  return std::string(usable ? "kvm" : "qemu");
}

}  // namespace kvm
