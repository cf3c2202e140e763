#include <libpq-fe.h>

#include <algorithm>
#include <span>
#include <utility>

#include "store/errors.h"
#include "store/postgres_connection.h"
#include "store/postgres_error.h"
#include "store/sql_text.h"

namespace tenon::store {

Result<TypeOid> PostgresConnection::column_type(std::string_view table, std::string_view column) {
  const std::string key = std::string(table) + "." + std::string(column);
  if (const auto known = column_types_.find(key); known != column_types_.end()) return known->second;
  const std::string sql = "SELECT " + identifier(column) + " FROM " + identifier(table);
  const auto prepared = checked(::PQprepare(connection_, "", sql.c_str(), 0, nullptr), sql);
  if (!prepared) return prepared.error();
  const auto described = checked(::PQdescribePrepared(connection_, ""), sql);
  if (!described) return described.error();
  const TypeOid type = ::PQftype(described->get(), 0);
  if (type_name(type).empty())
    return bad_value(key + " has type " + std::to_string(type) + ", which the dialect has not");
  column_types_.emplace(key, type);
  return type;
}

namespace {

/// What tells batches of different statements apart.
void append_shape(const Batch& batch, std::string& shape) {
  if (batch.fence) shape.append(batch.fence->table).append(".").append(batch.fence->column);
  for (const RowWrite& write : batch.writes) {
    shape.append("|").append(std::to_string(static_cast<int>(write.kind))).append(write.table);
    for (const std::string_view column : write.columns) shape.append(",").append(column);
  }
}

/// A batch of nothing but one INSERT, whose rows are all inserted or none.
bool is_one_insert(const Batch& batch) {
  return batch.writes.size() == 1 && batch.writes[0].kind == RowWrite::Kind::kInsert && batch.writes[0].rows() > 0;
}

/// Makes the statement of a batch.
class BatchSql {
 public:
  BatchSql(const Batch& batch, const std::vector<TypeOid>& types) : batch_(batch), types_(types) {
    if (!batch.fence) return;
    next_ = 1;
    lease_ = ", lease";
    with_ = "lease AS MATERIALIZED (SELECT 1 FROM " + identifier(batch.fence->table) + " WHERE " +
            identifier(batch.fence->column) + " = $1 FOR KEY SHARE), ";
  }

  /// The fence, a CTE for each write, and their counts.
  [[nodiscard]] std::string of_many() {
    std::string counts;
    for (std::size_t i = 0; i < batch_.writes.size(); ++i) {
      with_ += "w" + std::to_string(i) + " AS (" + of_write(batch_.writes[i]) + " RETURNING 1), ";
      counts += ", (SELECT count(*) FROM w" + std::to_string(i) + ")";
    }
    return with() + "SELECT " + (batch_.fence ? "(SELECT count(*) FROM lease)" : "CAST(1 AS bigint)") + counts;
  }
  /// The fence and the one write.
  [[nodiscard]] std::string of_one() {
    const std::string write = of_write(batch_.writes[0]);
    return with() + write;
  }

 private:
  [[nodiscard]] std::string with() const {
    return with_.empty() ? std::string() : "WITH " + with_.substr(0, with_.size() - 2) + " ";
  }

  std::string of_write(const RowWrite& write) {
    std::string arrays;
    for (std::size_t i = 0; i < write.columns.size(); ++i) {
      arrays.append(arrays.empty() ? "$" : ", $").append(std::to_string(next_ + 1)).append("::");
      arrays.append(type_name(types_[next_])).append("[]");
      ++next_;
    }
    const std::string source = "unnest(" + arrays + ") AS u(" + identifier_list(write.columns) + ")" + lease_;
    if (write.kind != RowWrite::Kind::kUpdate) {
      return "INSERT INTO " + identifier(write.table) + " (" + identifier_list(write.columns) + ") SELECT " +
             identifier_list(write.columns, "u.") + " FROM " + source +
             (write.kind == RowWrite::Kind::kInsertMissing ? " ON CONFLICT DO NOTHING" : "");
    }
    std::string set;
    for (std::size_t c = 1; c < write.columns.size(); ++c) {
      set.append(c == 1 ? "" : ", ").append(identifier(write.columns[c]));
      set.append(" = u.").append(identifier(write.columns[c]));
    }
    return "UPDATE " + identifier(write.table) + " AS t SET " + set + " FROM " + source + " WHERE t." +
           identifier(write.columns[0]) + " = u." + identifier(write.columns[0]);
  }

  const Batch& batch_;
  const std::vector<TypeOid>& types_;
  /// Of the parameters, from 0.
  std::size_t next_ = 0;
  std::string lease_;
  std::string with_;
};

}  // namespace

Result<std::vector<TypeOid>> PostgresConnection::batch_types(const Batch& batch) {
  std::vector<TypeOid> types;
  const auto add = [&](std::string_view table, std::string_view column) -> Result<void> {
    const Result<TypeOid> type = column_type(table, column);
    if (!type) return type.error();
    types.push_back(*type);
    return {};
  };
  if (batch.fence) {
    if (Result<void> added = add(batch.fence->table, batch.fence->column); !added) return added.error();
  }
  for (const RowWrite& write : batch.writes) {
    for (const std::string_view column : write.columns) {
      if (Result<void> added = add(write.table, column); !added) return added.error();
    }
  }
  return types;
}

Result<std::shared_ptr<const PostgresConnection::BatchForm>> PostgresConnection::batch_form(const Batch& batch) {
  const bool is_insert = is_one_insert(batch);
  batch_shape_ = is_insert ? "+" : "";
  append_shape(batch, batch_shape_);
  if (const auto known = batch_forms_.find(batch_shape_); known != batch_forms_.end()) return known->second;
  if (!has_names(batch)) return store_error(kBadStatement, "a batch names a table or column that can't be");
  Result<std::vector<TypeOid>> types = batch_types(batch);
  if (!types) return std::move(types).error();
  BatchSql sql(batch, *types);
  auto form = std::make_shared<BatchForm>(BatchForm{is_insert ? sql.of_one() : sql.of_many(), {}, is_insert});
  form->types = std::move(types).value();
  batch_forms_.emplace(batch_shape_, form);
  return std::shared_ptr<const BatchForm>(std::move(form));
}

/// The value of the fence, then an array for each column of each write.
Result<PostgresConnection::Bound> PostgresConnection::bind_batch(const Batch& batch, const BatchForm& form) {
  Bound bound;
  bound.texts.reserve(form.types.size());
  if (batch.fence) {
    bound.texts.emplace_back();
    if (Result<void> encoded = encode(batch.fence->value, form.types[0], bound.texts.back()); !encoded) {
      return encoded.error();
    }
  }
  for (const RowWrite& write : batch.writes) {
    const std::span<const Parameter> values(write.values);
    for (std::size_t i = 0; i < write.columns.size(); ++i) {
      Result<std::string> array = encode_array(values.subspan(std::min(i, values.size())), write.columns.size(),
                                               form.types[bound.texts.size()]);
      if (!array) {
        return bad_value(std::string(write.table) + "." + std::string(write.columns[i]) + ": " + array.error().details);
      }
      bound.texts.push_back(std::move(array).value());
    }
  }
  bound.nulls.assign(bound.texts.size(), false);
  return bound;
}

Result<BatchOutcome> PostgresConnection::insert_bound(const Batch& batch, const BatchForm& form, const Bound& bound) {
  const Result<Statement*> statement = prepare(form.sql);
  if (!statement) return statement.error();
  const Result<std::uint64_t> rows = count_bound(**statement, form.sql, bound);
  if (!rows) return rows.error();
  BatchOutcome outcome;
  outcome.rows = {*rows};
  outcome.fence_held = !batch.fence || outcome.rows[0] > 0;
  return outcome;
}

Result<BatchOutcome> PostgresConnection::do_write(const Batch& batch) {
  if (!batch.fence && batch.writes.empty()) return BatchOutcome{};
  if (broken()) return lost(connection_);
  const Result<std::shared_ptr<const BatchForm>> found = batch_form(batch);
  if (!found) return found.error();
  const BatchForm& form = **found;
  const Result<Bound> bound = bind_batch(batch, form);
  if (!bound) return bound.error();
  if (form.is_insert) return insert_bound(batch, form, *bound);
  const Result<Statement*> statement = prepare(form.sql);
  if (!statement) return statement.error();
  const Result<Rows> rows = query_bound(**statement, form.sql, *bound);
  if (!rows) return rows.error();
  BatchOutcome outcome;
  outcome.fence_held = (*rows)[0].integer(0) > 0;
  for (std::size_t i = 1; i < rows->columns().size(); ++i) {
    outcome.rows.push_back(static_cast<std::uint64_t>((*rows)[0].integer(i)));
  }
  return outcome;
}

}  // namespace tenon::store
