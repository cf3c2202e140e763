#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/json.h>
#include <tenon/schema.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon {

/// What may be asked of every list.
struct ListRequest {
  /// Conditions, all of which hold: `FIELD OP VALUE`, OP one of = != < <= > >= ~ !~ in, or `FIELD is null`, `FIELD is
  /// not null`. `~`: contains, whatever the case of the letters. `in`: one of several, with commas between. Of a list
  /// any element may meet it (`!=`, `!~`: none does).
  std::vector<std::string> q;
  /// Fields with commas between, `-` in front: the largest first. What is null comes last.
  std::optional<std::string> sort;
  /// 1 to kMostRows.
  std::int64_t limit = 100;
  /// `next` of the page before.
  std::optional<std::string> cursor;
  /// The fields that are shown, in this order. None: all. One text may hold several, with commas between.
  std::vector<std::string> fields;

  static constexpr std::int64_t kMostRows = 1000;

  [[nodiscard]] static Json schema_of_member(std::string_view name);
};
BOOST_DESCRIBE_STRUCT(ListRequest, (), (q, sort, limit, cursor, fields))

inline Json ListRequest::schema_of_member(std::string_view name) {
  const auto texts = [] {
    return Json::object().add("type", "array").add("items", Json::object().add("type", "string"));
  };
  const auto text = [] { return Json::object().add("type", "string"); };
  if (name == "q") {
    return texts().add("description",
                       "A condition: FIELD OP VALUE, OP one of = != < <= > >= ~ !~ in; "
                       "FIELD is null; FIELD is not null. All must hold");
  }
  if (name == "sort") return text().add("description", "Fields with commas between; -FIELD: the largest first");
  if (name == "cursor") return text().add("description", "What the page before gave as next");
  if (name == "fields") return texts().add("description", "The fields to show, with commas between");
  if (name == "limit") {
    return Json::object()
        .add("type", "integer")
        .add("minimum", 1)
        .add("maximum", kMostRows)
        .add("default", ListRequest{}.limit)
        .add("description", "How many rows at most");
  }
  return {};
}

}  // namespace tenon

/// How a Listing reads a ListRequest.
namespace tenon::detail {

enum class FieldKind : std::uint8_t { kText, kWhole, kReal, kFlag, kList, kOther };

struct ListField {
  std::string name;
  FieldKind kind = FieldKind::kOther;
  bool nullable = false;
  /// The values of an enum; empty: any text.
  std::vector<std::string> names;
  /// The SQL expression; empty: it is found later.
  std::string column;
};

template <class M>
ListField list_field(const char* name) {
  ListField field;
  field.name = name;
  field.column = name;
  if constexpr (is_optional<M>::value) {
    field = list_field<typename M::value_type>(name);
    field.nullable = true;
  } else if constexpr (DescribedEnum<M>) {
    field.kind = FieldKind::kText;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<M>>([&](auto e) { field.names.push_back(e.name); });
  } else if constexpr (std::is_same_v<M, std::string>) {
    field.kind = FieldKind::kText;
  } else if constexpr (std::is_same_v<M, bool>) {
    field.kind = FieldKind::kFlag;
  } else if constexpr (std::is_integral_v<M> || is_duration<M>::value) {
    field.kind = FieldKind::kWhole;
  } else if constexpr (std::is_floating_point_v<M>) {
    field.kind = FieldKind::kReal;
  } else if constexpr (std::is_same_v<M, std::vector<std::string>>) {
    field.kind = FieldKind::kList;
  }
  return field;
}

enum class ListOp : std::uint8_t { kIs, kIsNot, kLess, kAtMost, kMore, kAtLeast, kHas, kHasNot, kIn, kNull, kNotNull };

struct ListCondition {
  std::size_t field = 0;
  ListOp op = ListOp::kIs;
  std::vector<Json> values;
};

struct ListOrder {
  std::size_t field = 0;
  bool descending = false;
};

/// A request whose fields are known and whose values fit them.
struct ListPlan {
  std::vector<ListCondition> conditions;
  /// The key comes last, so that no two rows are equal.
  std::vector<ListOrder> order;
  std::vector<std::size_t> shown;
  std::size_t limit = 0;
  /// Values of the row, in the order of `order`, after which the page begins; empty: at the first row.
  std::vector<Json> after;
  /// Of the order, so that a cursor is not taken for one of another.
  std::uint64_t mark = 0;
  /// Whether the store can find, sort and count the rows by itself.
  bool in_store = true;
};

inline std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

inline Result<std::size_t> find_field(const std::vector<ListField>& fields, std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
    known.append(known.empty() ? "" : ", ").append(fields[i].name);
  }
  return make_error("LIST.1001", "there is no such field",
                    "'" + std::string(name) + "' is none of the list's fields: " + known);
}

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `text` as a value that a condition on the field may compare with.
inline Result<Json> condition_value(const ListField& field, const std::string& text) {
  const auto wrong = [&](const std::string& expected) {
    return make_error("LIST.1003", "a value does not fit its field",
                      field.name + ": expected " + expected + ", found '" + text + "'");
  };
  switch (field.kind) {
    case FieldKind::kWhole:
      if (const auto whole = read_number<std::int64_t>(text)) return Json(*whole);
      return wrong("a whole number");
    case FieldKind::kReal:
      if (const auto real = read_number<double>(text)) return Json(*real);
      return wrong("a number");
    case FieldKind::kFlag:
      if (text == "true" || text == "false") return Json(text == "true");
      return wrong("true or false");
    default: break;
  }
  if (!field.names.empty() && std::find(field.names.begin(), field.names.end(), text) == field.names.end()) {
    std::string names;
    for (const std::string& name : field.names) names.append(names.empty() ? "" : ", ").append(name);
    return wrong("one of " + names);
  }
  return Json(text);
}

inline bool suits(FieldKind kind, ListOp op) {
  const bool orders = op == ListOp::kLess || op == ListOp::kAtMost || op == ListOp::kMore || op == ListOp::kAtLeast;
  const bool searches = op == ListOp::kHas || op == ListOp::kHasNot;
  switch (kind) {
    case FieldKind::kText: return true;
    case FieldKind::kWhole:
    case FieldKind::kReal: return !searches;
    case FieldKind::kFlag: return !searches && !orders;
    case FieldKind::kList: return !orders;
    case FieldKind::kOther: return op == ListOp::kNull || op == ListOp::kNotNull;
  }
  return false;
}

struct ListOpWord {
  std::string_view word;
  ListOp op;
};
/// Those that begin with others come first.
inline constexpr std::array<ListOpWord, 11> kListOps{{{"!=", ListOp::kIsNot},
                                                      {"!~", ListOp::kHasNot},
                                                      {"<=", ListOp::kAtMost},
                                                      {">=", ListOp::kAtLeast},
                                                      {"=", ListOp::kIs},
                                                      {"<", ListOp::kLess},
                                                      {">", ListOp::kMore},
                                                      {"~", ListOp::kHas},
                                                      {"in ", ListOp::kIn},
                                                      {"is null", ListOp::kNull},
                                                      {"is not null", ListOp::kNotNull}}};

inline Result<ListCondition> read_condition(const std::vector<ListField>& fields, std::string_view text) {
  const auto wrong = [&] {
    return make_error("LIST.1002", "a condition can't be read",
                      "expected FIELD OP VALUE, found '" + std::string(text) + "'");
  };
  const std::size_t name_end = std::min(text.find_first_of(" =!<>~"), text.size());
  std::string_view rest = text.substr(name_end);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const auto word =
      std::find_if(kListOps.begin(), kListOps.end(), [&](const ListOpWord& one) { return rest.starts_with(one.word); });
  if (name_end == 0 || word == kListOps.end()) return wrong();
  rest.remove_prefix(word->word.size());
  while (rest.starts_with(' ')) rest.remove_prefix(1);

  Result<std::size_t> field = find_field(fields, text.substr(0, name_end));
  if (!field) return std::move(field).error();
  ListCondition condition{*field, word->op, {}};
  if (!suits(fields[*field].kind, condition.op)) {
    return make_error("LIST.1004", "a field can't be compared like that",
                      fields[*field].name + " has no '" + std::string(word->word) + "'");
  }
  if (condition.op == ListOp::kNull || condition.op == ListOp::kNotNull) {
    if (!rest.empty()) return wrong();
    return condition;
  }
  const std::vector<std::string> texts =
      condition.op == ListOp::kIn ? split_at_commas(rest) : std::vector<std::string>{std::string(rest)};
  for (const std::string& one : texts) {
    const bool part = condition.op == ListOp::kHas || condition.op == ListOp::kHasNot;
    Result<Json> value = part ? Result<Json>(Json(one)) : condition_value(fields[*field], one);
    if (!value) return std::move(value).error();
    condition.values.push_back(*std::move(value));
  }
  return condition;
}

/// The row after which a page begins, as one word: hexadecimal, of the mark and of each value as TYPE LENGTH `:` TEXT.
inline std::string write_cursor(std::uint64_t mark, const std::vector<Json>& values) {
  std::string plain = std::to_string(mark);
  for (const Json& value : values) {
    char type = 'n';
    std::string text;
    if (const auto* whole = value.as_int()) {
      type = 'i';
      text = std::to_string(*whole);
    } else if (const auto* real = value.as_double()) {
      type = 'r';
      std::array<char, 64> buffer{};
      text.assign(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), *real).ptr);
    } else if (const auto* flag = value.as_bool()) {
      type = 'b';
      text = *flag ? "1" : "0";
    } else if (const auto* string = value.as_string()) {
      type = 't';
      text = *string;
    }
    plain.append(1, type).append(std::to_string(text.size())).append(1, ':').append(text);
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string cursor;
  for (const char c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    cursor.push_back(kDigits[byte >> 4U]);
    cursor.push_back(kDigits[byte & 15U]);
  }
  return cursor;
}

/// Nothing if it is none with this mark and a fitting value for each field.
inline std::optional<std::vector<Json>> read_cursor(std::string_view cursor, const std::vector<ListField>& fields,
                                                    const ListPlan& plan) {
  std::string plain;
  for (std::size_t i = 0; i < cursor.size(); i += 2) {
    unsigned byte = 0;
    const std::string_view two = cursor.substr(i, 2);
    const auto [stop, error] = std::from_chars(two.data(), two.data() + two.size(), byte, 16);
    if (error != std::errc() || two.size() != 2 || stop != two.data() + 2) return std::nullopt;
    plain.push_back(static_cast<char>(byte));
  }
  std::string_view rest = plain;
  const std::string mark = std::to_string(plan.mark);
  if (!rest.starts_with(mark)) return std::nullopt;
  rest.remove_prefix(mark.size());
  std::vector<Json> values;
  for (const ListOrder& order : plan.order) {
    const std::size_t colon = rest.find(':');
    if (rest.empty() || colon == std::string_view::npos) return std::nullopt;
    const auto length = read_number<std::size_t>(rest.substr(1, colon - 1));
    if (!length || *length > rest.size() - colon - 1) return std::nullopt;
    const char type = rest.front();
    const std::string text(rest.substr(colon + 1, *length));
    rest.remove_prefix(colon + 1 + *length);
    const FieldKind kind = fields[order.field].kind;
    if (type == 'n') {
      values.emplace_back();
    } else if (type == 'i' && kind == FieldKind::kWhole && read_number<std::int64_t>(text)) {
      values.emplace_back(*read_number<std::int64_t>(text));
    } else if (type == 'r' && kind == FieldKind::kReal && read_number<double>(text)) {
      values.emplace_back(*read_number<double>(text));
    } else if (type == 'b' && kind == FieldKind::kFlag) {
      values.emplace_back(text == "1");
    } else if (type == 't' && kind == FieldKind::kText) {
      values.emplace_back(text);
    } else {
      return std::nullopt;
    }
  }
  if (!rest.empty() || values.back().is_null()) return std::nullopt;
  return values;
}

inline Result<std::vector<ListOrder>> read_order(const std::vector<ListField>& fields, const std::string& key,
                                                 const std::optional<std::string>& sort) {
  std::vector<ListOrder> orders;
  std::vector<std::string> names = sort ? split_at_commas(*sort) : std::vector<std::string>();
  names.push_back(key);
  for (std::string& name : names) {
    const bool descending = name.starts_with('-');
    if (descending) name.erase(0, 1);
    Result<std::size_t> field = find_field(fields, name);
    if (!field) return std::move(field).error();
    const FieldKind kind = fields[*field].kind;
    if (kind == FieldKind::kList || kind == FieldKind::kOther) {
      return make_error("LIST.1004", "a field can't be compared like that", "rows can't be sorted by " + name);
    }
    orders.push_back({*field, descending});
    if (name == key) break;
  }
  return orders;
}

inline Result<ListPlan> plan_list(const std::vector<ListField>& fields, const std::string& key,
                                  const ListRequest& request) {
  ListPlan plan;
  if (request.limit < 1 || request.limit > ListRequest::kMostRows) {
    return make_error(
        "LIST.1006", "a number of rows that no page has",
        "limit: expected 1 to " + std::to_string(ListRequest::kMostRows) + ", found " + std::to_string(request.limit));
  }
  plan.limit = static_cast<std::size_t>(request.limit);
  for (const std::string& text : request.q) {
    Result<ListCondition> condition = read_condition(fields, text);
    if (!condition) return std::move(condition).error();
    plan.conditions.push_back(*std::move(condition));
  }
  Result<std::vector<ListOrder>> order = read_order(fields, key, request.sort);
  if (!order) return std::move(order).error();
  plan.order = *std::move(order);
  for (const std::string& names : request.fields) {
    for (const std::string& name : split_at_commas(names)) {
      Result<std::size_t> field = find_field(fields, name);
      if (!field) return std::move(field).error();
      if (std::find(plan.shown.begin(), plan.shown.end(), *field) == plan.shown.end()) plan.shown.push_back(*field);
    }
  }
  for (std::size_t i = 0; request.fields.empty() && i < fields.size(); ++i) plan.shown.push_back(i);

  const auto is_stored = [&](const auto& one) { return !fields[one.field].column.empty(); };
  plan.in_store = std::all_of(plan.conditions.begin(), plan.conditions.end(), is_stored) &&
                  std::all_of(plan.order.begin(), plan.order.end(), is_stored);
  plan.mark = kHashSeed;
  for (const ListOrder& one : plan.order)
    plan.mark = hash(one.descending ? "-" : "+", hash(fields[one.field].name, plan.mark));
  if (request.cursor) {
    std::optional<std::vector<Json>> after = read_cursor(*request.cursor, fields, plan);
    if (!after) {
      return make_error("LIST.1005", "a cursor that is not of this list",
                        "expected what a page of this list, in the same order, gave as next");
    }
    plan.after = *std::move(after);
  }
  return plan;
}

}  // namespace tenon::detail
