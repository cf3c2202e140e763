#pragma once

#include <string>
#include <string_view>

#include "store/batch.h"

/// SQL that is made, in the words that both engines know.
namespace tenon::store {

/// Whether it is a name of lower-case letters, digits and underscores, beginning with no digit.
[[nodiscard]] bool is_name(std::string_view name);
/// Whether all names of the batch are.
[[nodiscard]] bool has_names(const Batch& batch);

/// `"name"`.
[[nodiscard]] std::string identifier(std::string_view name);
/// `"a", "b"`, each with the prefix.
[[nodiscard]] std::string identifier_list(const std::vector<std::string_view>& names, std::string_view prefix = {});

}  // namespace tenon::store
