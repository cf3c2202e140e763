#pragma once

#include <tenon/error.h>

#include <chrono>
#include <string>

namespace nfs {

/// The numeric address of a host, the one that QEMU would take. Errors: NFS.1002 it has none; NFS.1003 that could not
/// be found out within `limit`.
///
/// The C library's own resolver can't be given a limit, and blocks for as long as the name servers are silent.
[[nodiscard]] tenon::Result<std::string> resolve(const std::string& host, std::chrono::milliseconds limit);

}  // namespace nfs
