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

/// One statement: the fence, a CTE for each write, and their counts.
Result<std::string> PostgresConnection::batch_sql(const Batch& batch) {
  std::string with;
  std::string counts;
  std::size_t parameter = 0;
  const std::string_view lease = batch.fence ? ", lease" : "";
  if (batch.fence) {
    with = "lease AS MATERIALIZED (SELECT 1 FROM " + identifier(batch.fence->table) + " WHERE " +
           identifier(batch.fence->column) + " = $1 FOR KEY SHARE), ";
    parameter = 1;
  }
  for (std::size_t i = 0; i < batch.writes.size(); ++i) {
    const RowWrite& write = batch.writes[i];
    std::string arrays;
    for (const std::string_view column : write.columns) {
      const Result<TypeOid> type = column_type(write.table, column);
      if (!type) return type.error();
      arrays.append(arrays.empty() ? "$" : ", $").append(std::to_string(++parameter)).append("::");
      arrays.append(type_name(*type)).append("[]");
    }
    const std::string source =
        "unnest(" + arrays + ") AS u(" + identifier_list(write.columns) + ")" + std::string(lease);
    with += "w" + std::to_string(i) + " AS (";
    if (write.kind == RowWrite::Kind::kUpdate) {
      std::string set;
      for (std::size_t c = 1; c < write.columns.size(); ++c) {
        set.append(c == 1 ? "" : ", ")
            .append(identifier(write.columns[c]))
            .append(" = u.")
            .append(identifier(write.columns[c]));
      }
      with += "UPDATE " + identifier(write.table) + " AS t SET " + set + " FROM " + source + " WHERE t." +
              identifier(write.columns[0]) + " = u." + identifier(write.columns[0]);
    } else {
      with += "INSERT INTO " + identifier(write.table) + " (" + identifier_list(write.columns) + ") SELECT " +
              identifier_list(write.columns, "u.") + " FROM " + source;
      if (write.kind == RowWrite::Kind::kInsertMissing) with += " ON CONFLICT DO NOTHING";
    }
    with += " RETURNING 1), ";
    counts += ", (SELECT count(*) FROM w" + std::to_string(i) + ")";
  }
  with.resize(with.size() - 2);
  return "WITH " + with + " SELECT " + (batch.fence ? "(SELECT count(*) FROM lease)" : "CAST(1 AS bigint)") + counts;
}

/// The value of the fence, then an array for each column of each write.
Result<PostgresConnection::Bound> PostgresConnection::bind_batch(const Batch& batch) {
  Bound bound;
  if (batch.fence) {
    const Result<TypeOid> type = column_type(batch.fence->table, batch.fence->column);
    if (!type) return type.error();
    bound.texts.emplace_back();
    if (Result<void> encoded = encode(batch.fence->value, *type, bound.texts.back()); !encoded) return encoded.error();
  }
  for (const RowWrite& write : batch.writes) {
    const std::span<const Parameter> values(write.values);
    for (std::size_t i = 0; i < write.columns.size(); ++i) {
      const Result<TypeOid> type = column_type(write.table, write.columns[i]);
      if (!type) return type.error();
      Result<std::string> array = encode_array(values.subspan(std::min(i, values.size())), write.columns.size(), *type);
      if (!array) {
        return bad_value(std::string(write.table) + "." + std::string(write.columns[i]) + ": " + array.error().details);
      }
      bound.texts.push_back(std::move(array).value());
    }
  }
  bound.nulls.assign(bound.texts.size(), false);
  return bound;
}

Result<BatchOutcome> PostgresConnection::do_write(const Batch& batch) {
  if (!has_names(batch)) return store_error(kBadStatement, "a batch names a table or column that can't be");
  if (!batch.fence && batch.writes.empty()) return BatchOutcome{};
  if (broken()) return lost(connection_);
  const Result<std::string> sql = batch_sql(batch);
  if (!sql) return sql.error();
  const Result<Bound> bound = bind_batch(batch);
  if (!bound) return bound.error();
  const Result<Statement*> statement = prepare(*sql);
  if (!statement) return statement.error();
  const Result<Rows> rows = query_bound(**statement, *sql, *bound);
  if (!rows) return rows.error();
  BatchOutcome outcome;
  outcome.fence_held = (*rows)[0].integer(0) > 0;
  for (std::size_t i = 1; i < rows->columns().size(); ++i) {
    outcome.rows.push_back(static_cast<std::uint64_t>((*rows)[0].integer(i)));
  }
  return outcome;
}

}  // namespace tenon::store
