#include <libpq-fe.h>

#include <algorithm>
#include <span>
#include <utility>

#include "store/errors.h"
#include "store/postgres_connection.h"
#include "store/postgres_error.h"
#include "store/sql_text.h"

namespace tenon::store {
namespace {

/// What tells one shape from another. Names hold none of the separators.
std::string shape_of(const Batch& batch) {
  std::string shape;
  if (batch.fence) shape.append(batch.fence->table).append(".").append(batch.fence->column);
  for (const RowWrite& write : batch.writes) {
    shape.append(1, ';').append(1, static_cast<char>('0' + static_cast<int>(write.kind))).append(write.table);
    for (const std::string_view column : write.columns) shape.append(1, ',').append(column);
  }
  return shape;
}

}  // namespace

Result<TypeOid> PostgresConnection::column_type(std::string_view table, std::string_view column) {
  const std::string sql = "SELECT " + identifier(column) + " FROM " + identifier(table);
  const auto prepared = checked(::PQprepare(connection_, "", sql.c_str(), 0, nullptr), sql);
  if (!prepared) return prepared.error();
  const auto described = checked(::PQdescribePrepared(connection_, ""), sql);
  if (!described) return described.error();
  const TypeOid type = ::PQftype(described->get(), 0);
  if (!type_name(type).empty()) return type;
  return bad_value(std::string(table) + "." + std::string(column) + " has type " + std::to_string(type) +
                   ", which the dialect has not");
}

Result<const PostgresConnection::BatchPlan*> PostgresConnection::plan_batch(const Batch& batch) {
  std::string shape = shape_of(batch);
  if (const auto known = plans_.find(shape); known != plans_.end()) return &known->second;
  Result<BatchPlan> plan = make_plan(batch);
  if (!plan) return std::move(plan).error();
  return &plans_.emplace(std::move(shape), std::move(plan).value()).first->second;
}

/// One statement: the fence, a CTE for each write, and their counts.
Result<PostgresConnection::BatchPlan> PostgresConnection::make_plan(const Batch& batch) {
  std::vector<TypeOid> types;
  std::string with;
  std::string counts;
  const std::string_view lease = batch.fence ? ", lease" : "";
  if (batch.fence) {
    const Result<TypeOid> type = column_type(batch.fence->table, batch.fence->column);
    if (!type) return type.error();
    types.push_back(*type);
    with = "lease AS MATERIALIZED (SELECT 1 FROM " + identifier(batch.fence->table) + " WHERE " +
           identifier(batch.fence->column) + " = $1 FOR KEY SHARE), ";
  }
  for (std::size_t i = 0; i < batch.writes.size(); ++i) {
    const RowWrite& write = batch.writes[i];
    std::string arrays;
    for (const std::string_view column : write.columns) {
      const Result<TypeOid> type = column_type(write.table, column);
      if (!type) return type.error();
      types.push_back(*type);
      arrays.append(arrays.empty() ? "$" : ", $").append(std::to_string(types.size())).append("::");
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
  const std::string held = batch.fence ? "(SELECT count(*) FROM lease)" : "CAST(1 AS bigint)";
  return BatchPlan{"WITH " + with + " SELECT " + held + counts, std::move(types)};
}

/// The value of the fence, then an array for each column of each write.
Result<PostgresConnection::Bound> PostgresConnection::bind_batch(const Batch& batch, const BatchPlan& plan) {
  Bound bound;
  bound.texts.reserve(plan.types.size());
  bound.nulls.assign(plan.types.size(), false);
  if (batch.fence) {
    bound.texts.emplace_back();
    Result<void> encoded = encode(batch.fence->value, plan.types[0], bound.texts.back());
    if (!encoded) return std::move(encoded).error();
  }
  for (const RowWrite& write : batch.writes) {
    const std::span<const Parameter> values(write.values);
    for (std::size_t i = 0; i < write.columns.size(); ++i) {
      const TypeOid type = plan.types[bound.texts.size()];
      Result<std::string> array = encode_array(values.subspan(std::min(i, values.size())), write.columns.size(), type);
      if (!array) {
        return bad_value(std::string(write.table) + "." + std::string(write.columns[i]) + ": " + array.error().details);
      }
      bound.texts.push_back(std::move(array).value());
    }
  }
  return bound;
}

Result<BatchOutcome> PostgresConnection::do_write(const Batch& batch) {
  if (!has_names(batch)) return store_error(kBadStatement, "a batch names a table or column that can't be");
  if (!batch.fence && batch.writes.empty()) return BatchOutcome{};
  if (broken()) return lost(connection_);
  const Result<const BatchPlan*> planned = plan_batch(batch);
  if (!planned) return planned.error();
  const BatchPlan plan = **planned;  // a copy: `prepare` may forget it
  const Result<Bound> bound = bind_batch(batch, plan);
  if (!bound) return bound.error();
  const Result<Statement*> statement = prepare(plan.sql);
  if (!statement) return statement.error();
  const Result<Rows> rows = query_bound(**statement, plan.sql, *bound);
  if (!rows) return rows.error();
  BatchOutcome outcome;
  outcome.fence_held = (*rows)[0].integer(0) > 0;
  for (std::size_t i = 1; i < rows->columns().size(); ++i) {
    outcome.rows.push_back(static_cast<std::uint64_t>((*rows)[0].integer(i)));
  }
  return outcome;
}

}  // namespace tenon::store
