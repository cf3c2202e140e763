#pragma once

#include <tenon/error.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kvm {

struct CloseConnection {
  void operator()(virConnectPtr connection) const noexcept { virConnectClose(connection); }
};
struct FreeDomain {
  void operator()(virDomainPtr domain) const noexcept { virDomainFree(domain); }
};
struct FreeText {
  void operator()(char* text) const noexcept;
};
using ConnectionHandle = std::unique_ptr<virConnect, CloseConnection>;
using DomainHandle = std::unique_ptr<virDomain, FreeDomain>;
using TextHandle = std::unique_ptr<char, FreeText>;

/// The last error of libvirt on this thread, as an ErrorCode. libvirt's own code and domain are in the elaboration.
[[nodiscard]] tenon::ErrorCode libvirt_error(std::string_view code, std::string_view description,
                                             std::string_view context);

/// libvirt's code (virErrorNumber) of the last error on this thread.
[[nodiscard]] int last_libvirt_code() noexcept;

/// One connection to libvirt, opened when it is first needed and again when it has died. Any thread.
///
/// There is no event loop: a death shows when the connection is next used, by a write that fails. libvirt lets SIGPIPE
/// come of that, so the process must ignore that signal, as the node does.
class Connection {
 public:
  explicit Connection(std::string uri) : uri_(std::move(uri)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const std::string& uri() const noexcept { return uri_; }

  /// Opens it again if it could not be opened when it was last needed.
  void heal();

  /// What `work(virConnectPtr)` returns, a Result. If it fails and the connection turns out to be dead, it is done once
  /// more on a new one, so it must be something that may be repeated.
  template <class Work>
  auto call(const Work& work) -> std::invoke_result_t<const Work&, virConnectPtr> {
    auto first = acquire();
    if (!first) return std::move(first).error();
    auto result = work(first.value().get());
    if (result.ok() || virConnectIsAlive(first.value().get()) == 1) return result;
    auto second = acquire();
    if (!second) return std::move(second).error();
    return work(second.value().get());
  }

 private:
  /// A reference to the connection, opened if there is none that lives. One thread's reference stays good while another
  /// thread opens the connection anew.
  tenon::Result<ConnectionHandle> acquire();
  /// The event that it is open again.
  [[nodiscard]] std::string connected() const { return "kvm.connected:" + uri_; }

  const std::string uri_;
  std::mutex mutex_;
  ConnectionHandle current_;
  /// It could not be opened: undos may have failed for that.
  bool away_ = false;
};

}  // namespace kvm
