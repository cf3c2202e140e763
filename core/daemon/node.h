#pragma once

#include <memory>

#include "daemon/options.h"
#include "daemon/signals.h"

namespace tenon::daemon {

/// Runs a node until a signal ends it; the exit status. Errors of the start go to standard error, and nothing stays
/// started. Called on the main thread, with the signals made before.
[[nodiscard]] int run_node(const Options& options, Signals& signals);

}  // namespace tenon::daemon
