#pragma once

#include <tenon/described.h>
#include <tenon/list_query.h>
#include <tenon/list_rows.h>
#include <tenon/schema.h>
#include <tenon/store.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Lists of what the store has: filtered, sorted, in pages. A message that lists derives from ListRequest, its reply is
/// a Page, and its handler asks a Listing:
/// ```cpp
/// struct Wall { std::string name; std::optional<std::string> color; std::vector<std::string> cracks; };
/// BOOST_DESCRIBE_STRUCT(Wall, (), (name, color, cracks))
/// struct ListWalls : tenon::ListRequest {
///   static constexpr std::string_view kMessage = "paint.ListWalls";
///   using Reply = tenon::Page<Wall>;
/// };
/// BOOST_DESCRIBE_STRUCT(ListWalls, (tenon::ListRequest), ())
///
/// tenon::Result<tenon::Page<Wall>> list(const ListWalls& message) const {
///   return tenon::Listing<Wall>("paint_wall", "name")
///       .later({"cracks"}, [this](std::vector<Wall>& walls) { inspect(walls); })
///       .page(message);
/// }
/// ```
namespace tenon {

/// One row as it is shown: an object with the fields that were asked for, all of them in each row, null where nothing
/// is known.
template <class T>
struct Row {
  Json json;

  /// The row as an object: fields that were not asked for have their initial values. Fails with JSON.… if it is none.
  [[nodiscard]] Result<T> value() const { return from_json_lenient<T>(json); }

  [[nodiscard]] Json to_json() const { return json; }
  [[nodiscard]] static Result<Row> from_json(const Json& json, const std::string& path) {
    if (json.as_object() == nullptr) return detail::mismatch(path, "object", json);
    return Row{json};
  }
  [[nodiscard]] static Json schema() {
    Json properties = Json::object();
    boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
      using M = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
      Json one = schema_of<M>();
      if constexpr (detail::is_optional<M>::value) {
        one = Json::object().add("anyOf", Json::Array{std::move(one), Json::object().add("type", "null")});
      }
      properties.add(member.name, std::move(one));
    });
    return Json::object()
        .add("type", "object")
        .add("properties", std::move(properties))
        .add("additionalProperties", false);
  }
};

template <class T>
struct Page {
  std::vector<Row<T>> items;
  /// Given as `cursor` of the same request, it brings the next page. Nothing: this is the last.
  std::optional<std::string> next;
  BOOST_DESCRIBE_CLASS(Page, (), (items, next), (), ())
};

/// Where the fields of a list come from: columns of a query, or, for what the store does not know, a function. A member
/// of `T` is by itself the column of its name; lists and structs must come later. Made for each list, or kept; `page`
/// may be called by any thread.
template <class T>
class Listing {
 public:
  /// Adds what it knows to rows whose columns are there. Throws Error.
  using Later = std::function<void(std::vector<T>& rows)>;

  /// `from`: what stands after FROM in SQL: a table, or tables joined. `key`: the member that no two rows share; rows
  /// come in its order if no other is asked for.
  Listing(std::string from, std::string key) : from_(std::move(from)), key_(std::move(key)) {
    boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
      using M = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
      fields_.push_back(detail::list_field<M>(member.name));
    });
  }

  /// Another SQL expression for the member, of its type.
  Listing& column(std::string_view member, std::string expression) & {
    field(member).column = std::move(expression);
    return *this;
  }
  /// Only rows for which the SQL condition holds. It has no parameters: it is never made of what somebody has given.
  Listing& only(std::string condition) & {
    only_ = std::move(condition);
    return *this;
  }
  /// Members that `find` adds. It is called, outside of the transaction, for lists that show them, sort by them or have
  /// conditions on them; in the latter cases with all rows that meet the other conditions, else with those of the page.
  Listing& later(const std::vector<std::string>& members, Later find) & {
    for (const std::string& member : members) field(member).column.clear();
    later_.emplace_back(std::set<std::string>(members.begin(), members.end()), std::move(find));
    return *this;
  }
  Listing&& column(std::string_view member, std::string expression) && {
    return std::move(this->column(member, std::move(expression)));
  }
  Listing&& only(std::string condition) && { return std::move(this->only(std::move(condition))); }
  Listing&& later(const std::vector<std::string>& members, Later find) && {
    return std::move(this->later(members, std::move(find)));
  }

  /// Blocks. Fails with LIST.… if the request names what is not there, STORE.… if the store can't be asked.
  [[nodiscard]] Result<Page<T>> page(const ListRequest& request) const {
    const Result<detail::ListPlan> plan = detail::plan_list(fields_, key_, request);
    if (!plan) return plan.error();
    const detail::ListSql sql = detail::list_sql(from_, only_, fields_, *plan);
    const Result<StoreRows> found = read([&](StoreTransaction& store) { return store.query(sql.text, sql.values); });
    if (!found) return found.error();
    try {
      return page_of(*plan, *found);
    } catch (const Error& e) {
      return e.error();
    }
  }

 private:
  detail::ListField& field(std::string_view member) {
    const auto found =
        std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.name == member; });
    if (found == fields_.end()) {
      throw Error(make_error("LIST.1007", "a list is declared wrongly", "no member " + std::string(member)));
    }
    return *found;
  }

  [[nodiscard]] Page<T> page_of(const detail::ListPlan& plan, const StoreRows& found) const {
    std::vector<T> rows;
    rows.reserve(found.size());
    for (const StoreRow row : found) rows.push_back(from_json_lenient<T>(detail::stored_fields(fields_, row)).value());
    // The row that only tells that there are more need not be whole.
    if (plan.in_store && rows.size() > plan.limit) rows.resize(plan.limit);
    for (const auto& [members, find] : later_) {
      if (detail::is_needed(fields_, plan, members) && !rows.empty()) find(rows);
    }
    std::vector<Json> objects;
    objects.reserve(rows.size());
    for (const T& row : rows) objects.push_back(to_json(row));
    detail::ListCut cut = detail::cut_list(fields_, plan, std::move(objects), found.size());
    Page<T> page;
    for (Json& item : cut.items) page.items.push_back(Row<T>{std::move(item)});
    page.next = std::move(cut.next);
    return page;
  }

  std::string from_;
  std::string key_;
  std::string only_;
  std::vector<detail::ListField> fields_;
  std::vector<std::pair<std::set<std::string>, Later>> later_;
};

}  // namespace tenon
