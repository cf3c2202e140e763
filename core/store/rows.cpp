#include "store/rows.h"

#include <algorithm>
#include <array>
#include <bit>

#include "store/errors.h"

namespace tenon::store {
namespace {

std::string_view name_of(Rows::Type type) {
  static constexpr std::array<std::string_view, 6> kNames{"NULL", "boolean", "bigint", "double precision",
                                                          "text", "bytea"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace

void Rows::add_real(double value) { cells_.push_back({Type::kReal, std::bit_cast<std::int64_t>(value), 0}); }

void Rows::add_bytes(Type type, std::string_view value) {
  cells_.push_back({type, static_cast<std::int64_t>(bytes_.size()), value.size()});
  bytes_.append(value);
}

std::string_view Rows::bytes(const Cell& cell) const {
  return std::string_view(bytes_).substr(static_cast<std::size_t>(cell.number), cell.length);
}

std::size_t Rows::index_of(const Column& column) const {
  if (column.name_.empty()) {
    if (column.index_ < columns_.size()) return column.index_;
    throw Error(bad_value("there is no column " + std::to_string(column.index_)));
  }
  const auto found = std::find(columns_.begin(), columns_.end(), column.name_);
  if (found == columns_.end()) throw Error(bad_value("there is no column '" + std::string(column.name_) + "'"));
  return static_cast<std::size_t>(found - columns_.begin());
}

const Rows::Cell& Rows::cell(std::size_t row, const Column& column) const {
  const std::size_t index = index_of(column);
  if (row >= size()) throw Error(bad_value("there is no row " + std::to_string(row)));
  return cells_[row * columns_.size() + index];
}

const Rows::Cell& Rows::typed(std::size_t row, const Column& column, Type type) const {
  const Cell& found = cell(row, column);
  if (found.type != type) mismatch(column, type, found.type);
  return found;
}

void Rows::mismatch(const Column& column, Type expected, Type found) const {
  throw Error(bad_value("column '" + columns_[index_of(column)] + "': expected " + std::string(name_of(expected)) +
                        ", found " + std::string(name_of(found))));
}

std::int64_t Row::integer(Column column) const { return rows_->typed(row_, column, Rows::Type::kInteger).number; }

double Row::real(Column column) const {
  const Rows::Cell& cell = rows_->cell(row_, column);
  if (cell.type == Rows::Type::kInteger) return static_cast<double>(cell.number);
  return std::bit_cast<double>(rows_->typed(row_, column, Rows::Type::kReal).number);
}

bool Row::boolean(Column column) const {
  const Rows::Cell& cell = rows_->cell(row_, column);
  if (cell.type == Rows::Type::kInteger && (cell.number == 0 || cell.number == 1)) return cell.number == 1;
  return rows_->typed(row_, column, Rows::Type::kBoolean).number == 1;
}

std::string_view Row::text(Column column) const { return rows_->bytes(rows_->typed(row_, column, Rows::Type::kText)); }

std::string_view Row::blob(Column column) const { return rows_->bytes(rows_->typed(row_, column, Rows::Type::kBlob)); }

Parameter Row::parameter(Column column) const {
  const Rows::Cell& cell = rows_->cell(row_, column);
  switch (cell.type) {
    case Rows::Type::kNull: return nullptr;
    case Rows::Type::kBoolean: return cell.number == 1;
    case Rows::Type::kInteger: return cell.number;
    case Rows::Type::kReal: return std::bit_cast<double>(cell.number);
    case Rows::Type::kText: return rows_->bytes(cell);
    case Rows::Type::kBlob: return Blob{rows_->bytes(cell)};
  }
  return nullptr;
}

}  // namespace tenon::store
