#pragma once

#include "daemon/options.h"

namespace tenon::daemon {

/// `tenond --store status|migrate|copy TARGET`: looks after the store of the settings, as far as that is done without a
/// node. Prints what it finds or does; the exit status, 0 or 1. `status` may run beside a node; with SQLite, `migrate`
/// and `copy` keep nodes out while they run.
[[nodiscard]] int store_command(const Options& options);

}  // namespace tenon::daemon
