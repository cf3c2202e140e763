#pragma once

#include <tenon/error.h>
#include <tenon/json.h>
#include <tenon/list_query.h>
#include <tenon/store.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// How a Listing finds the rows that a ListPlan asks for: as SQL, and in memory where the store does not know enough.
namespace tenon::detail {

struct ListSql {
  std::string text;
  std::vector<StoreValue> values;
};

struct ListCut {
  std::vector<Json> items;
  std::optional<std::string> next;
};

/// A query that is being written; each value becomes a parameter.
class ListSqlWriter {
 public:
  ListSqlWriter(const std::vector<ListField>& fields, const ListPlan& plan) : fields_(fields), plan_(plan) {}

  [[nodiscard]] ListSql write(const std::string& from, const std::string& only) {
    std::string columns;
    for (const ListField& field : fields_) {
      if (field.column.empty()) continue;
      columns.append(columns.empty() ? "" : ", ").append(field.column).append(" AS \"").append(field.name).append("\"");
    }
    std::vector<std::string> conditions;
    if (!only.empty()) conditions.push_back("(" + only + ")");
    for (const ListCondition& condition : plan_.conditions) {
      if (!column(condition.field).empty()) conditions.push_back(text_of(condition));
    }
    if (plan_.in_store && !plan_.after.empty()) conditions.push_back("(" + after() + ")");
    sql_.text = "SELECT " + columns + " FROM " + from;
    for (std::size_t i = 0; i < conditions.size(); ++i)
      sql_.text.append(i == 0 ? " WHERE " : " AND ").append(conditions[i]);
    if (plan_.in_store) sql_.text += " ORDER BY " + order() + " LIMIT " + std::to_string(plan_.limit + 1);
    return std::move(sql_);
  }

 private:
  [[nodiscard]] const std::string& column(std::size_t field) const { return fields_[field].column; }

  std::string bind(const Json& value) {
    if (const auto* whole = value.as_int()) {
      sql_.values.emplace_back(*whole);
    } else if (const auto* real = value.as_double()) {
      sql_.values.emplace_back(*real);
    } else if (const auto* flag = value.as_bool()) {
      sql_.values.emplace_back(*flag);
    } else {
      sql_.values.emplace_back(*value.as_string());
    }
    return "$" + std::to_string(sql_.values.size());
  }

  std::string text_of(const ListCondition& condition) {
    const std::string& column = this->column(condition.field);
    const auto compared = [&](const char* op) { return column + op + bind(condition.values.front()); };
    const auto or_null = [&](const std::string& text) { return "(" + text + " OR " + column + " IS NULL)"; };
    switch (condition.op) {
      case ListOp::kIs: return compared(" = ");
      case ListOp::kIsNot: return or_null(compared(" <> "));
      case ListOp::kLess: return compared(" < ");
      case ListOp::kAtMost: return compared(" <= ");
      case ListOp::kMore: return compared(" > ");
      case ListOp::kAtLeast: return compared(" >= ");
      case ListOp::kHas: return like(column, " LIKE ", condition);
      case ListOp::kHasNot: return or_null(like(column, " NOT LIKE ", condition));
      case ListOp::kNull: return column + " IS NULL";
      case ListOp::kNotNull: return column + " IS NOT NULL";
      case ListOp::kIn: break;
    }
    std::string list;
    for (const Json& value : condition.values) list.append(list.empty() ? "" : ", ").append(bind(value));
    return column + " IN (" + list + ")";
  }

  std::string like(const std::string& column, const char* op, const ListCondition& condition) {
    std::string pattern = "%";
    for (const char c : *condition.values.front().as_string()) {
      if (c == '%' || c == '_' || c == '\\') pattern.push_back('\\');
      pattern.push_back(c);
    }
    return "lower(" + column + ")" + op + "lower(" + bind(Json(pattern + "%")) + ") ESCAPE '\\'";
  }

  /// The rows that come after the cursor's: larger in one field, equal in those before it.
  std::string after() {
    std::string text;
    for (std::size_t last = 0; last < plan_.order.size(); ++last) {
      if (plan_.after[last].is_null()) continue;
      text.append(text.empty() ? "(" : " OR (");
      for (std::size_t i = 0; i < last; ++i) {
        const std::string& column = this->column(plan_.order[i].field);
        text += plan_.after[i].is_null() ? column + " IS NULL" : column + " = " + bind(plan_.after[i]);
        text += " AND ";
      }
      const std::string& column = this->column(plan_.order[last].field);
      const std::string larger = column + (plan_.order[last].descending ? " < " : " > ") + bind(plan_.after[last]);
      text += fields_[plan_.order[last].field].nullable ? "(" + larger + " OR " + column + " IS NULL))" : larger + ")";
    }
    return text;
  }

  [[nodiscard]] std::string order() const {
    std::string text;
    for (const ListOrder& one : plan_.order) {
      const std::string& column = this->column(one.field);
      if (!text.empty()) text += ", ";
      if (fields_[one.field].nullable) text += "CASE WHEN " + column + " IS NULL THEN 1 ELSE 0 END, ";
      text += column + (one.descending ? " DESC" : "");
    }
    return text;
  }

  const std::vector<ListField>& fields_;
  const ListPlan& plan_;
  ListSql sql_;
};

inline ListSql list_sql(const std::string& from, const std::string& only, const std::vector<ListField>& fields,
                        const ListPlan& plan) {
  return ListSqlWriter(fields, plan).write(from, only);
}

/// The members of a row that are columns.
inline Json stored_fields(const std::vector<ListField>& fields, const StoreRow& row) {
  Json object = Json::object();
  for (const ListField& field : fields) {
    if (field.column.empty() || row[field.name].is_null()) continue;
    switch (field.kind) {
      case FieldKind::kWhole: object.add(field.name, row.get<std::int64_t>(field.name)); break;
      case FieldKind::kReal: object.add(field.name, row.get<double>(field.name)); break;
      case FieldKind::kFlag: object.add(field.name, row.get<bool>(field.name)); break;
      case FieldKind::kText: object.add(field.name, row.get<std::string>(field.name)); break;
      default: throw Error(make_error("LIST.1007", "a list is declared wrongly", field.name + " can't be a column"));
    }
  }
  return object;
}

/// Whether the list needs one of these members.
inline bool is_needed(const std::vector<ListField>& fields, const ListPlan& plan,
                      const std::set<std::string>& members) {
  const auto is_one = [&](std::size_t field) { return members.contains(fields[field].name); };
  return std::any_of(plan.shown.begin(), plan.shown.end(), is_one) ||
         std::any_of(plan.conditions.begin(), plan.conditions.end(),
                     [&](const auto& one) { return is_one(one.field); }) ||
         std::any_of(plan.order.begin(), plan.order.end(), [&](const auto& one) { return is_one(one.field); });
}

inline std::string small_letters(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Less than 0, 0 or more: as `a` is before, at or after `b`. Both are values of one field, and not null.
inline int compare_values(const Json& a, const Json& b) {
  const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  if (const auto* text = a.as_string()) return sign(*text, *b.as_string());
  if (const auto* flag = a.as_bool()) return sign(*flag, *b.as_bool());
  if (a.as_int() != nullptr && b.as_int() != nullptr) return sign(*a.as_int(), *b.as_int());
  const auto number = [](const Json& value) {
    if (const auto* real = value.as_double()) return *real;
    return value.as_uint() != nullptr ? static_cast<double>(*value.as_uint()) : static_cast<double>(*value.as_int());
  };
  return sign(number(a), number(b));
}

inline bool meets_one(const Json& value, const ListCondition& condition) {
  const auto compared = [&] { return compare_values(value, condition.values.front()); };
  const auto has = [&] {
    return small_letters(*value.as_string()).find(small_letters(*condition.values.front().as_string())) !=
           std::string::npos;
  };
  switch (condition.op) {
    case ListOp::kIs:
    case ListOp::kIsNot: return compared() == 0;
    case ListOp::kLess: return compared() < 0;
    case ListOp::kAtMost: return compared() <= 0;
    case ListOp::kMore: return compared() > 0;
    case ListOp::kAtLeast: return compared() >= 0;
    case ListOp::kHas:
    case ListOp::kHasNot: return has();
    case ListOp::kIn:
      return std::any_of(condition.values.begin(), condition.values.end(),
                         [&](const Json& one) { return compare_values(value, one) == 0; });
    default: return false;
  }
}

/// Whether a value, null if there is none, meets the condition.
inline bool meets(const Json* value, const ListCondition& condition) {
  const bool is_null = value == nullptr || value->is_null();
  if (condition.op == ListOp::kNull) return is_null;
  if (condition.op == ListOp::kNotNull) return !is_null;
  const bool negated = condition.op == ListOp::kIsNot || condition.op == ListOp::kHasNot;
  bool met = false;
  if (!is_null && value->as_array() != nullptr) {
    const Json::Array& list = *value->as_array();
    met = std::any_of(list.begin(), list.end(), [&](const Json& one) { return meets_one(one, condition); });
  } else if (!is_null) {
    met = meets_one(*value, condition);
  }
  return met != negated;
}

/// Whether `a` comes before `b`.
inline bool is_before(const std::vector<ListOrder>& order, const std::vector<Json>& a, const std::vector<Json>& b) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (a[i].is_null() != b[i].is_null()) return b[i].is_null();
    if (a[i].is_null()) continue;
    const int compared = compare_values(a[i], b[i]);
    if (compared != 0) return order[i].descending ? compared > 0 : compared < 0;
  }
  return false;
}

/// The page of these rows, which are whole. `found`: how many the store gave.
inline ListCut cut_list(const std::vector<ListField>& fields, const ListPlan& plan, std::vector<Json> rows,
                        std::size_t found) {
  const auto value_of = [&](const Json& row, std::size_t field) {
    const Json* value = row.find(fields[field].name);
    return value != nullptr ? *value : Json();
  };
  const auto place_of = [&](const Json& row) {
    std::vector<Json> place;
    for (const ListOrder& one : plan.order) place.push_back(value_of(row, one.field));
    return place;
  };
  std::vector<std::pair<std::vector<Json>, Json>> kept;
  for (Json& row : rows) {
    const bool met =
        plan.in_store || std::all_of(plan.conditions.begin(), plan.conditions.end(), [&](const ListCondition& one) {
          return !fields[one.field].column.empty() || meets(row.find(fields[one.field].name), one);
        });
    std::vector<Json> place = place_of(row);
    if (!met || (!plan.in_store && !plan.after.empty() && !is_before(plan.order, plan.after, place))) continue;
    kept.emplace_back(std::move(place), std::move(row));
  }
  bool more = found > plan.limit;
  if (!plan.in_store) {
    std::sort(kept.begin(), kept.end(),
              [&](const auto& a, const auto& b) { return is_before(plan.order, a.first, b.first); });
    more = kept.size() > plan.limit;
    if (more) kept.resize(plan.limit);
  }
  ListCut cut;
  for (const auto& [place, row] : kept) {
    Json item = Json::object();
    for (const std::size_t field : plan.shown) item.add(fields[field].name, value_of(row, field));
    cut.items.push_back(std::move(item));
  }
  if (more) cut.next = write_cursor(plan.mark, kept.back().first);
  return cut;
}

}  // namespace tenon::detail
