#pragma once

#include "daemon/options.h"

namespace tenon::daemon {

/// `tenond --check`: loads and registers the libraries and checks everything, but makes no bean. Disturbs no running
/// node. Prints what it finds; the exit status, 0 or 1.
[[nodiscard]] int check(const Options& options);

/// `tenond --check --syntax FILE…`: descriptors alone, no libraries.
[[nodiscard]] int check_syntax(const Options& options);

}  // namespace tenon::daemon
