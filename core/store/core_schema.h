#pragma once

#include <vector>

#include "store/migrations.h"

namespace tenon::store {

/// The migrations of core, which are part of the program: schema/NNN_name.sql beside this file.
[[nodiscard]] MigrationSet core_migrations();

}  // namespace tenon::store
