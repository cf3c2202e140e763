#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <string_view>

#include "flow/chain.h"

namespace tenon::flow {

/// Whether a value that was kept under `key` as this type may be given to the flows of the chain: FLOW.1045 if one of
/// them declares the key with another type, so that what was kept may mean something else by now. JSON fits any type:
/// it is read as the flow's when it is asked for. `type_name` is for the message and may be empty.
[[nodiscard]] Result<void> check_types(const Chain& chain, std::string_view key, std::uint64_t type_id,
                                       std::string_view type_name = {});

}  // namespace tenon::flow
