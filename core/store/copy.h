#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "store/migrations.h"
#include "store/store.h"

namespace tenon::store {

/// Rows of each table, in the order of the copy.
using CopiedTables = std::vector<std::pair<std::string, std::uint64_t>>;

/// Copies all tables into an empty database, in one transaction of either side: a failure leaves the target empty. The
/// target gets its tables from the migrations, which the source must all have; then the rows in the order of foreign
/// keys. In the end both sides' rows are counted.
///
/// STORE.1030: the target has tables, the source's migrations are not those of this installation, or foreign keys go in
/// a circle.
[[nodiscard]] Result<CopiedTables> copy_store(Connection& source, Connection& target,
                                              const std::vector<MigrationSet>& sets);

}  // namespace tenon::store
