#pragma once

#include <tenon/error.h>
#include <tenon/library.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// The node's SQL database, for plugins: what must not be lost, and what several nodes share.
/// ```cpp
/// tenon::Result<std::string> color = tenon::read([&](tenon::StoreTransaction& store) {
///   return store.query("SELECT color FROM paint_wall WHERE name = $1",
///   {name}).value().only().get<std::string>("color");
/// });
/// tenon::transaction([&](tenon::StoreTransaction& store) {
///   return store.execute("UPDATE paint_wall SET color = $2 WHERE name = $1", {name, "blue"});
/// }).value();
/// ```
/// A plugin's tables come by its migrations, `schema/PLUGIN/NNN_name.sql` beside its descriptor or its library, and
/// bear its name in front of theirs. SQL is what SQLite and PostgreSQL both speak, as docs/store.md says.
///
/// All of this blocks, so it is for a BlockingFlow, for Component::start and for what else may block. A flow that works
/// on the store alone is best a TransactionalFlow (tenon/transactional_flow.h).
namespace tenon {

/// A value of a column of type `bytea`.
struct StoreBytes {
  std::string bytes;
  friend bool operator==(const StoreBytes&, const StoreBytes&) = default;
};

namespace detail {

[[noreturn]] inline void refuse_store_value(std::string details) {
  throw Error(make_error("STORE.1008", "a value does not fit the store", std::move(details)));
}

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

}  // namespace detail

/// A value bound to a statement, or found by one.
class StoreValue {
 public:
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string, StoreBytes>;

  /// NULL.
  StoreValue() = default;
  StoreValue(std::nullptr_t) {}                                      // NOLINT(google-explicit-constructor)
  StoreValue(std::nullopt_t) {}                                      // NOLINT(google-explicit-constructor)
  StoreValue(bool value) : data_(value) {}                           // NOLINT(google-explicit-constructor)
  StoreValue(double value) : data_(value) {}                         // NOLINT(google-explicit-constructor)
  StoreValue(std::string value) : data_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  StoreValue(std::string_view value) : data_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  StoreValue(const char* value) : data_(std::string(value)) {}       // NOLINT(google-explicit-constructor)
  StoreValue(StoreBytes value) : data_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  /// Throws Error STORE.1008 for a number that `bigint` has not.
  template <std::integral T>
  requires(!std::same_as<T, bool>) StoreValue(T value) {  // NOLINT(google-explicit-constructor)
    if (!std::in_range<std::int64_t>(value)) {
      detail::refuse_store_value(std::to_string(value) + " is out of the range of a bigint");
    }
    data_ = static_cast<std::int64_t>(value);
  }
  template <class T>
  StoreValue(const std::optional<T>& value) {  // NOLINT(google-explicit-constructor)
    if (value) *this = StoreValue(*value);
  }

  [[nodiscard]] const Data& data() const noexcept { return data_; }
  [[nodiscard]] bool is_null() const noexcept { return data_.index() == 0; }
  friend bool operator==(const StoreValue&, const StoreValue&) = default;

 private:
  Data data_;
};

class StoreRow;

/// What a query found. Owns its values.
class StoreRows {
 public:
  StoreRows() = default;
  /// `cells`: row after row, a value for each column.
  StoreRows(std::vector<std::string> columns, std::vector<StoreValue> cells)
      : columns_(std::move(columns)), cells_(std::move(cells)) {}

  [[nodiscard]] std::size_t size() const noexcept { return columns_.empty() ? 0 : cells_.size() / columns_.size(); }
  [[nodiscard]] bool empty() const noexcept { return cells_.empty(); }
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  [[nodiscard]] StoreRow operator[](std::size_t row) const;
  /// The row of a query that gives one. Throws Error STORE.1008 if there is another number of them.
  [[nodiscard]] StoreRow only() const;

  class Iterator;
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;

 private:
  friend class StoreRow;
  std::vector<std::string> columns_;
  std::vector<StoreValue> cells_;
};

/// One row of a StoreRows, which must outlive it.
class StoreRow {
 public:
  /// Throws Error STORE.1008 if there is no such column.
  const StoreValue& operator[](std::string_view column) const {
    const auto& columns = rows_->columns_;
    const auto found = std::find(columns.begin(), columns.end(), column);
    if (found == columns.end()) detail::refuse_store_value("there is no column '" + std::string(column) + "'");
    return rows_->cells_[row_ * columns.size() + static_cast<std::size_t>(found - columns.begin())];
  }

  /// The value as `T`: bool, a number, std::string, StoreBytes, or std::optional of one of them, which is empty for
  /// NULL. Throws Error STORE.1008 if it is none.
  template <class T>
  [[nodiscard]] T get(std::string_view column) const {
    const StoreValue& value = (*this)[column];
    if constexpr (detail::kIsOptional<T>) {
      if (value.is_null()) return std::nullopt;
      return get<typename T::value_type>(column);
    } else if constexpr (std::same_as<T, bool>) {
      // SQLite has no booleans of its own.
      if (const auto* number = std::get_if<std::int64_t>(&value.data())) {
        if (*number == 0 || *number == 1) return *number == 1;
      }
      return typed<bool>(value, column, "a boolean");
    } else if constexpr (std::integral<T>) {
      const auto number = typed<std::int64_t>(value, column, "a whole number");
      if (!std::in_range<T>(number)) refuse(column, "a number that fits");
      return static_cast<T>(number);
    } else if constexpr (std::floating_point<T>) {
      if (const auto* number = std::get_if<std::int64_t>(&value.data())) return static_cast<T>(*number);
      return static_cast<T>(typed<double>(value, column, "a number"));
    } else if constexpr (std::same_as<T, StoreBytes>) {
      return typed<StoreBytes>(value, column, "bytes");
    } else {
      static_assert(std::same_as<T, std::string>, "a type that the store has");
      return typed<std::string>(value, column, "text");
    }
  }

 private:
  friend class StoreRows;
  StoreRow(const StoreRows& rows, std::size_t row) : rows_(&rows), row_(row) {}

  template <class T>
  const T& typed(const StoreValue& value, std::string_view column, std::string_view expected) const {
    const T* found = std::get_if<T>(&value.data());
    if (found == nullptr) refuse(column, value.is_null() ? std::string(expected) + ", found NULL" : expected);
    return *found;
  }
  [[noreturn]] static void refuse(std::string_view column, std::string_view expected) {
    detail::refuse_store_value("column " + std::string(column) + ": expected " + std::string(expected));
  }

  const StoreRows* rows_;
  std::size_t row_;
};

class StoreRows::Iterator {
 public:
  StoreRow operator*() const { return (*rows_)[row_]; }
  Iterator& operator++() {
    ++row_;
    return *this;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.row_ == b.row_; }

 private:
  friend class StoreRows;
  Iterator(const StoreRows& rows, std::size_t row) : rows_(&rows), row_(row) {}
  const StoreRows* rows_;
  std::size_t row_;
};

inline StoreRow StoreRows::operator[](std::size_t row) const { return {*this, row}; }
inline StoreRow StoreRows::only() const {
  if (size() != 1) detail::refuse_store_value("expected one row, found " + std::to_string(size()));
  return {*this, 0};
}
inline StoreRows::Iterator StoreRows::begin() const { return {*this, 0}; }
inline StoreRows::Iterator StoreRows::end() const { return {*this, size()}; }

/// A transaction that is open, for the thread that was given it, until what it was given to returns.
///
/// A statement that fails fails the transaction: nothing of it is kept, and later statements answer STORE.1009.
class StoreTransaction {
 public:
  /// Executes one statement; how many rows it inserted, changed or deleted. `parameters`: the values of `$1`, `$2` …
  [[nodiscard]] Result<std::uint64_t> execute(std::string_view sql, std::span<const StoreValue> parameters) {
    return do_execute(sql, parameters);
  }
  [[nodiscard]] Result<std::uint64_t> execute(std::string_view sql, std::initializer_list<StoreValue> parameters = {}) {
    return do_execute(sql, {parameters.begin(), parameters.size()});
  }

  /// Executes one statement that gives rows: SELECT, or one with RETURNING. All rows are in memory.
  [[nodiscard]] Result<StoreRows> query(std::string_view sql, std::span<const StoreValue> parameters) {
    return do_query(sql, parameters);
  }
  [[nodiscard]] Result<StoreRows> query(std::string_view sql, std::initializer_list<StoreValue> parameters = {}) {
    return do_query(sql, {parameters.begin(), parameters.size()});
  }

 protected:
  ~StoreTransaction() = default;
  virtual Result<std::uint64_t> do_execute(std::string_view sql, std::span<const StoreValue> parameters) = 0;
  virtual Result<StoreRows> do_query(std::string_view sql, std::span<const StoreValue> parameters) = 0;
};

/// Transactions of the node's store. Implemented by the node; any thread may call. Plugins use `transaction` and `read`
/// below.
class StoreHost {
 public:
  using Work = std::function<Result<void>(StoreTransaction&)>;

  /// Calls `work` in a transaction that may write, and makes it durable if it returns without an error; forgets all of
  /// it otherwise, or if it throws. Called anew, a few times at most, if the store failed it before the commit in a way
  /// that may pass: STORE.1001, 1002, 1003. Errors: that of `work`; those of the store; STORE.1014 if this thread is in
  /// a transaction already. After STORE.1002 with the fact `outcome` = `unknown` the commit may have taken effect.
  virtual Result<void> transaction(const Work& work) = 0;

  /// The same without writing: all statements see one state of the database.
  virtual Result<void> read(const Work& work) = 0;

 protected:
  ~StoreHost() = default;
};

namespace detail {

template <class T>
struct StoreAnswer {
  using type = Result<T>;
};
template <class T>
struct StoreAnswer<Result<T>> {
  using type = Result<T>;
};

/// Calls `work` by way of `call`; its answer if that succeeded.
template <class Work>
auto in_store(Result<void> (StoreHost::*call)(const StoreHost::Work&), const Work& work) {
  using Returned = std::invoke_result_t<const Work&, StoreTransaction&>;
  using Answer = typename StoreAnswer<Returned>::type;
  StoreHost* host = this_node != nullptr ? this_node->store() : nullptr;
  if (host == nullptr) return Answer(make_error("STORE.1015", "there is no store here"));
  std::optional<Answer> answer;
  const Result<void> done = (host->*call)([&](StoreTransaction& transaction) -> Result<void> {
    try {
      if constexpr (std::is_void_v<Returned>) {
        work(transaction);
        answer.emplace();
      } else {
        answer.emplace(work(transaction));
      }
    } catch (const Error& e) {
      answer.emplace(e.error());
    }
    return answer->ok() ? Result<void>() : Result<void>(answer->error());
  });
  return done ? *std::move(answer) : Answer(done.error());
}

}  // namespace detail

/// Calls `work` (StoreTransaction&) in one transaction of the node's store, durable when this returns without an error.
/// `work` returns nothing, a value, or a Result; an Error that it throws is its error; after any error nothing is kept.
/// As it may be called more than once, it must have no effect but on the store. Errors as StoreHost::transaction, and
/// STORE.1015 where there is no store (`tenon check`, tests without one).
template <class Work>
[[nodiscard]] auto transaction(const Work& work) {
  return detail::in_store(&StoreHost::transaction, work);
}

/// The same for statements that only read, which all see one state of the database.
template <class Work>
[[nodiscard]] auto read(const Work& work) {
  return detail::in_store(&StoreHost::read, work);
}

}  // namespace tenon
