#pragma once

#include <tenon/json.h>

#include <cstdint>
#include <string>

namespace tenon::journal {

/// A value of a run as it is kept: its JSON form, and which type it was.
struct StoredValue {
  /// The step that wrote it; -1 for an input.
  std::int32_t step = -1;
  std::string key;
  /// kTypeId of the value; kTypeId<Json> if it was JSON already.
  std::uint64_t type_id = 0;
  Json value;
};

}  // namespace tenon::journal
