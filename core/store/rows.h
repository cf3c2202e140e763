#pragma once

#include <tenon/error.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "store/value.h"

namespace tenon::store {

/// A column of a row, by its place (0 is the first) or by its name.
class Column {
 public:
  Column(int index) : index_(static_cast<std::size_t>(index)) {}  // NOLINT(google-explicit-constructor)
  Column(std::size_t index) : index_(index) {}                    // NOLINT(google-explicit-constructor)
  Column(const char* name) : name_(name) {}                       // NOLINT(google-explicit-constructor)
  Column(std::string_view name) : name_(name) {}                  // NOLINT(google-explicit-constructor)

 private:
  friend class Rows;
  std::size_t index_ = 0;
  std::string_view name_;
};

class Row;

/// What a query found, as values of its own: it outlives the connection. Any thread may read.
///
/// A column that there is not, a NULL where a value is asked for, and a value of another type are mistakes of the
/// caller or of who wrote the row: they throw Error with STORE.1008.
class Rows {
 public:
  enum class Type : std::uint8_t { kNull, kBoolean, kInteger, kReal, kText, kBlob };

  Rows() = default;
  explicit Rows(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  [[nodiscard]] std::size_t size() const noexcept { return columns_.empty() ? 0 : cells_.size() / columns_.size(); }
  [[nodiscard]] bool empty() const noexcept { return cells_.empty(); }
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  [[nodiscard]] Row operator[](std::size_t row) const;

  class Iterator;
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;

  /// The engines fill rows value by value, from left to right.
  void add_null() { cells_.push_back({}); }
  void add_boolean(bool value) { cells_.push_back({Type::kBoolean, value ? 1 : 0, 0}); }
  void add_integer(std::int64_t value) { cells_.push_back({Type::kInteger, value, 0}); }
  void add_real(double value);
  void add_text(std::string_view value) { add_bytes(Type::kText, value); }
  void add_blob(std::string_view value) { add_bytes(Type::kBlob, value); }
  /// Drops the rows and keeps the columns.
  void clear() {
    cells_.clear();
    bytes_.clear();
  }

 private:
  friend class Row;
  struct Cell {
    Type type = Type::kNull;
    /// The value; of text and blobs, where it begins in `bytes_`.
    std::int64_t number = 0;
    std::size_t length = 0;
  };
  void add_bytes(Type type, std::string_view value);
  [[nodiscard]] std::size_t index_of(const Column& column) const;
  [[nodiscard]] const Cell& cell(std::size_t row, const Column& column) const;
  /// The cell, which must be of this type.
  [[nodiscard]] const Cell& typed(std::size_t row, const Column& column, Type type) const;
  [[noreturn]] void mismatch(const Column& column, Type expected, Type found) const;
  [[nodiscard]] std::string_view bytes(const Cell& cell) const;

  std::vector<std::string> columns_;
  std::vector<Cell> cells_;
  std::string bytes_;
};

/// One row of a Rows, which it must not outlive; nor do the views that it gives.
class Row {
 public:
  [[nodiscard]] bool is_null(Column column) const { return type(column) == Rows::Type::kNull; }
  [[nodiscard]] Rows::Type type(Column column) const { return rows_->cell(row_, column).type; }
  [[nodiscard]] std::int64_t integer(Column column) const;
  /// A whole number counts as well.
  [[nodiscard]] double real(Column column) const;
  /// SQLite keeps booleans as 0 and 1, which count as well.
  [[nodiscard]] bool boolean(Column column) const;
  [[nodiscard]] std::string_view text(Column column) const;
  [[nodiscard]] std::string_view blob(Column column) const;
  /// The value as it can be bound again.
  [[nodiscard]] Parameter parameter(Column column) const;

 private:
  friend class Rows;
  Row(const Rows& rows, std::size_t row) : rows_(&rows), row_(row) {}
  const Rows* rows_;
  std::size_t row_;
};

class Rows::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Row;
  using difference_type = std::ptrdiff_t;
  using pointer = const Row*;
  using reference = Row;

  Row operator*() const { return (*rows_)[row_]; }
  Iterator& operator++() {
    ++row_;
    return *this;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.row_ == b.row_; }

 private:
  friend class Rows;
  Iterator(const Rows& rows, std::size_t row) : rows_(&rows), row_(row) {}
  const Rows* rows_;
  std::size_t row_;
};

inline Row Rows::operator[](std::size_t row) const { return {*this, row}; }
inline Rows::Iterator Rows::begin() const { return {*this, 0}; }
inline Rows::Iterator Rows::end() const { return {*this, size()}; }

}  // namespace tenon::store
