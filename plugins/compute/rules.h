#pragma once

#include <tenon/iaas/registry.h>
#include <tenon/store.h>

#include <optional>
#include <string>

/// The rules of tenon::iaas::Records, over the tables. A rule that is broken throws an Error REGISTRY.….
namespace compute {

/// As Records::add. Without a key it is never the same one again.
template <class Record>
void add_record(tenon::StoreTransaction& store, const Record& record, const std::optional<std::string>& key);

/// As Records::remove.
template <class Record>
void remove_record(tenon::StoreTransaction& store, const std::string& id, const std::optional<std::string>& key);

}  // namespace compute
