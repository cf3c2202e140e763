#pragma once

#include "wiring/reserved.h"

namespace tenon::api {

/// The paths that NodeApi answers itself, and the commands that are built into `tenon`.
[[nodiscard]] wiring::Reserved reserved_names();

}  // namespace tenon::api
