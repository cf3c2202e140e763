#pragma once

#include "daemon/options.h"

namespace tenon::daemon {

/// `tenond --verify FILE`: whether a plugin keeps the rules, by what its file says and by what it does in a process of
/// its own. Disturbs no running node. Prints a line for each check; the exit status, 0 or 1.
[[nodiscard]] int verify(const Options& options);

}  // namespace tenon::daemon
