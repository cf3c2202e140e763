#pragma once

#include <memory>

#include "store/store.h"

namespace tenon::store {

/// The PostgreSQL engine. See `open_store`.
[[nodiscard]] Result<std::unique_ptr<Store>> open_postgres(const Address& address, const StoreOptions& options);

}  // namespace tenon::store
