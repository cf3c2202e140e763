#include "connection.h"

#include <tenon/log.h>
#include <tenon/retry_on.h>

#include <cstdlib>

namespace kvm {
namespace {

/// libvirt prints each error to stderr, unless a function takes it. All errors are returned here.
void keep_silent(void* /*user_data*/, virErrorPtr /*error*/) {}

/// Opens without a word on stderr. The process-wide function is set during the call alone: it is code of this library,
/// and libvirt stays in the process when this library is unloaded. The connection's own function goes with it. (Of two
/// connections that fail to open at the same moment one may still print its line.)
ConnectionHandle open_silently(const std::string& uri) {
  virSetErrorFunc(nullptr, &keep_silent);
  ConnectionHandle connection(virConnectOpen(uri.c_str()));
  virSetErrorFunc(nullptr, nullptr);
  if (connection) virConnSetErrorFunc(connection.get(), nullptr, &keep_silent);
  return connection;
}

}  // namespace

void FreeText::operator()(char* text) const noexcept { std::free(text); }

int last_libvirt_code() noexcept {
  virErrorPtr error = virGetLastError();
  return error != nullptr ? error->code : VIR_ERR_OK;
}

tenon::ErrorCode libvirt_error(std::string_view code, std::string_view description, std::string_view context) {
  virErrorPtr error = virGetLastError();
  const char* message = error != nullptr && error->message != nullptr ? error->message : "libvirt gives no reason";
  tenon::ErrorCode result = tenon::make_error(code, description, std::string(context).append(": ").append(message));
  if (error != nullptr) {
    result.elaboration["libvirt.code"] = std::to_string(error->code);
    result.elaboration["libvirt.domain"] = std::to_string(error->domain);
  }
  return result;
}

tenon::Result<ConnectionHandle> Connection::acquire() {
  std::lock_guard lock(mutex_);
  if (current_ && virConnectIsAlive(current_.get()) != 1) {
    tenon::log::warning("connection to libvirt died, opening it again", {{"uri", uri_}});
    current_.reset();
  }
  if (!current_) current_ = open_silently(uri_);
  if (!current_) {
    away_ = true;
    return tenon::retry_on(libvirt_error("KVM.1001", "can't connect to libvirt", uri_), connected());
  }
  if (std::exchange(away_, false)) {
    tenon::log::info("libvirt answers again", {{"uri", uri_}});
    tenon::happened(connected());
  }
  virConnectRef(current_.get());
  return ConnectionHandle(current_.get());
}

void Connection::heal() {
  {
    std::lock_guard lock(mutex_);
    if (!away_) return;
  }
  (void)acquire();
}

}  // namespace kvm
