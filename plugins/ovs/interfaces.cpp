#include "interfaces.h"

#include "session.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace ovs {
namespace {

using tenon::ErrorCode;
using tenon::make_error;
using tenon::Result;

struct FreeAddresses {
  void operator()(ifaddrs* list) const noexcept { ::freeifaddrs(list); }
};

ErrorCode unusable(const std::string& name, const std::string& why) {
  return make_error("OVS.1011", "the physical interface can't be used", name + ": " + why);
}
ErrorCode stays_down(const std::string& name) {
  return make_error("OVS.1012", "an interface can't be brought up",
                    name + ": " + std::error_code(errno, std::generic_category()).message());
}

bool is_host_address(const sockaddr* address) {
  if (address == nullptr) return false;
  if (address->sa_family == AF_INET) return true;
  if (address->sa_family != AF_INET6) return false;
  return !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

}  // namespace

Result<void> check_physical_interface(const std::string& name) {
  if (::if_nametoindex(name.c_str()) == 0) return unusable(name, "there is no such interface");
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return unusable(name, std::error_code(errno, std::generic_category()).message());
  const std::unique_ptr<ifaddrs, FreeAddresses> addresses(list);
  for (const ifaddrs* each = addresses.get(); each != nullptr; each = each->ifa_next) {
    if (each->ifa_name == name && is_host_address(each->ifa_addr)) {
      return unusable(name, "it has an IP address, at which the host could no longer be reached");
    }
  }
  return {};
}

Result<void> bring_up(const std::string& name) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return stays_down(name);
  if ((request.ifr_flags & IFF_UP) != 0) return {};
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return stays_down(name);
  return {};
}

}  // namespace ovs
