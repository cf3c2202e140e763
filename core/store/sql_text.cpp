#include "store/sql_text.h"

#include <algorithm>

namespace tenon::store {

bool is_name(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool has_names(const Batch& batch) {
  if (batch.fence && !(is_name(batch.fence->table) && is_name(batch.fence->column))) return false;
  return std::all_of(batch.writes.begin(), batch.writes.end(), [](const RowWrite& write) {
    return is_name(write.table) && std::all_of(write.columns.begin(), write.columns.end(), is_name);
  });
}

std::string identifier(std::string_view name) { return "\"" + std::string(name) + "\""; }

std::string identifier_list(const std::vector<std::string_view>& names, std::string_view prefix) {
  std::string list;
  for (const std::string_view name : names) {
    list.append(list.empty() ? "" : ", ").append(prefix).append(identifier(name));
  }
  return list;
}

}  // namespace tenon::store
