#pragma once

#include <tenon/error.h>

#include <string>

/// The interfaces of this machine.
namespace ovs {

/// Error OVS.1011 unless the interface is there and has no IP address but a link-local one: a bridge takes all that
/// arrives at it, so that the host could no longer be reached at the address.
[[nodiscard]] tenon::Result<void> check_physical_interface(const std::string& name);

/// Brings the interface up; one that is up is left alone. Error OVS.1012.
[[nodiscard]] tenon::Result<void> bring_up(const std::string& name);

}  // namespace ovs
