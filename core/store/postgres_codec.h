#pragma once

#include <tenon/error.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "store/rows.h"
#include "store/value.h"

/// PostgreSQL's binary form of the dialect's types. `Oid` numbers name types; those of the dialect never change.
namespace tenon::store {

using TypeOid = unsigned int;

/// Its name as SQL has it, or nothing if the dialect has no such type.
[[nodiscard]] std::string_view type_name(TypeOid type);

/// Appends the value, which is not NULL, in the form of the type. STORE.1008 if it is of another type or out of range.
[[nodiscard]] Result<void> encode(const Parameter& value, TypeOid type, std::string& out);

/// An array of every `stride`th value.
[[nodiscard]] Result<std::string> encode_array(std::span<const Parameter> values, std::size_t stride, TypeOid type);

/// Adds the value, which is not NULL. STORE.1008 if the dialect has no such type.
[[nodiscard]] Result<void> decode(std::string_view bytes, TypeOid type, Rows& rows);

}  // namespace tenon::store
