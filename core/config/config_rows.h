#pragma once

#include <tenon/resource_ref.h>
#include <tenon/store.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What users set, as rows of the store.
namespace tenon::config {

/// The value that somebody set. Times are microseconds since 1970 UTC.
struct ConfigRow {
  std::string category;
  std::string name;
  /// Nothing: the global value.
  std::optional<ResourceRef> resource;
  std::string value;
  std::string by;
  std::int64_t at = 0;
};

/// A change, as it is audited and announced.
struct ConfigChange {
  enum class Kind { kSet, kReset };
  std::int64_t revision = 0;
  Kind kind = Kind::kSet;
  std::string category;
  std::string name;
  std::optional<ResourceRef> resource;
  /// Nothing: none was set before, or is any more.
  std::optional<std::string> before;
  std::optional<std::string> now;
  std::string by;
  std::int64_t at = 0;
};

/// All that is set, and the changes that led there.
struct ConfigRows {
  std::int64_t revision = 0;
  std::vector<ConfigRow> rows;
  /// Those after the revision that was asked with, in order.
  std::vector<ConfigChange> changes;
};

/// A number that grows with every change.
[[nodiscard]] Result<std::int64_t> read_revision(StoreTransaction& store);

/// Everything, as one state of the store. `since`: the revision whose changes are known; nothing: none are asked for.
[[nodiscard]] Result<ConfigRows> read_rows(StoreTransaction& store, std::optional<std::int64_t> since);

/// Writes the change's `now` (set) or takes the value away (reset), with a row of the audit; whether that changed
/// anything. Sets `before` and `revision`.
[[nodiscard]] Result<bool> write_change(StoreTransaction& store, ConfigChange& change);

}  // namespace tenon::config
