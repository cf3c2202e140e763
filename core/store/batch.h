#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/value.h"

namespace tenon::store {

/// Many rows for one table. Names are lower-case letters, digits and underscores.
struct RowWrite {
  enum class Kind {
    /// Rows that break a unique constraint fail the batch.
    kInsert,
    /// … are left out.
    kInsertMissing,
    /// Changes the rows whose `columns[0]` (a unique one) has the first value; sets the other columns.
    kUpdate
  };
  Kind kind = Kind::kInsert;
  std::string_view table;
  std::vector<std::string_view> columns;
  /// Row after row, a value for each column.
  std::vector<Parameter> values;

  [[nodiscard]] std::size_t rows() const noexcept { return columns.empty() ? 0 : values.size() / columns.size(); }
};

/// What must be there for a batch to be written: the row `column = value`. It stays until the batch is durable: who
/// takes it away (SELECT … FOR UPDATE, DELETE) waits, and then sees all that the batch wrote.
struct Fence {
  std::string_view table;
  std::string_view column;
  std::int64_t value = 0;
};

/// Writes that become durable together, or not at all.
struct Batch {
  std::optional<Fence> fence;
  /// In no particular order: none may change or need a row that another one of the batch inserts. (Foreign keys may
  /// refer to such a row: they are looked at in the end.)
  std::vector<RowWrite> writes;
};

struct BatchOutcome {
  /// False: the fence was not there, and nothing is written.
  bool fence_held = true;
  /// For each write, rows inserted or changed.
  std::vector<std::uint64_t> rows;
};

}  // namespace tenon::store
