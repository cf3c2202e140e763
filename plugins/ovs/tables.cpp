#include "tables.h"

#include "json_text.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace ovs {
namespace {

using tenon::Json;
using tenon::Result;

/// What these functions can't read becomes an empty value: the server checks every row against the schema, so that what
/// has the right column has the right form.
const Json& column(const Json& row, std::string_view name) {
  static const Json kNothing;
  const Json* found = row.find(name);
  return found != nullptr ? *found : kNothing;
}

/// `["TAG", VALUE]`: the value.
const Json* tagged(const Json& value, std::string_view tag) {
  const Json::Array* pair = value.as_array();
  if (pair == nullptr || pair->size() != 2) return nullptr;
  const std::string* found = pair->front().as_string();
  return found != nullptr && *found == tag ? &pair->back() : nullptr;
}

std::string text(const Json& value) { return value.as_string() != nullptr ? *value.as_string() : std::string(); }

std::string uuid(const Json& value) {
  const Json* inner = tagged(value, "uuid");
  return inner != nullptr ? text(*inner) : std::string();
}

/// The elements of a set; of one element, it is written without the tag.
Json::Array elements(const Json& value) {
  if (value.is_null()) return {};
  if (const Json* inner = tagged(value, "set"))
    return inner->as_array() != nullptr ? *inner->as_array() : Json::Array();
  return {value};
}

TextMap read_map(const Json& value) {
  TextMap map;
  const Json* inner = tagged(value, "map");
  if (inner == nullptr || inner->as_array() == nullptr) return map;
  for (const Json& pair : *inner->as_array()) {
    const Json::Array* both = pair.as_array();
    if (both != nullptr && both->size() == 2) map[text(both->front())] = text(both->back());
  }
  return map;
}

Json texts(std::initializer_list<std::string_view> items) {
  Json list = Json::array();
  for (std::string_view item : items) list.push(item);
  return list;
}

/// `[[COLUMN, FUNCTION, VALUE]]`
Json clause(std::string_view column_name, std::string_view function, Json value) {
  Json condition = texts({column_name, function});
  condition.push(std::move(value));
  Json list = Json::array();
  list.push(std::move(condition));
  return list;
}

Json select_operation(std::string_view table, Json columns) {
  return Json::object()
      .add("op", "select")
      .add("table", table)
      .add("where", Json::array())
      .add("columns", std::move(columns));
}

/// A wait that does not wait: it only compares, at the moment of the transaction.
Json compare_operation(Json where, Json columns, Json rows) {
  return Json::object()
      .add("op", "wait")
      .add("timeout", 0)
      .add("table", "Bridge")
      .add("where", std::move(where))
      .add("columns", std::move(columns))
      .add("until", "==")
      .add("rows", std::move(rows));
}

RootRow read_root(const Json& row) {
  RootRow root;
  root.uuid = uuid(column(row, "_uuid"));
  if (const std::int64_t* number = column(row, "next_cfg").as_int()) root.next_cfg = *number;
  for (const Json& type : elements(column(row, "datapath_types"))) root.datapath_types.push_back(text(type));
  return root;
}

InterfaceRow read_interface(const Json& row) {
  InterfaceRow interface;
  interface.uuid = uuid(column(row, "_uuid"));
  interface.name = text(column(row, "name"));
  interface.external_ids = read_map(column(row, "external_ids"));
  if (const std::int64_t* number = column(row, "ofport").as_int()) interface.ofport = *number;
  if (const std::string* why = column(row, "error").as_string()) interface.error = *why;
  return interface;
}

template <class Row>
std::vector<Row> referred(const Json& set, const std::map<std::string, Row>& rows) {
  std::vector<Row> found;
  for (const Json& reference : elements(set)) {
    if (auto row = rows.find(uuid(reference)); row != rows.end()) found.push_back(row->second);
  }
  std::sort(found.begin(), found.end(), [](const Row& a, const Row& b) { return a.name < b.name; });
  return found;
}

PortRow read_port(const Json& row, const std::map<std::string, InterfaceRow>& interfaces) {
  return {uuid(column(row, "_uuid")), text(column(row, "name")), read_map(column(row, "external_ids")),
          referred(column(row, "interfaces"), interfaces)};
}

BridgeRow read_bridge(const Json& row, const std::map<std::string, PortRow>& ports) {
  BridgeRow bridge{uuid(column(row, "_uuid")),
                   text(column(row, "name")),
                   read_map(column(row, "external_ids")),
                   referred(column(row, "ports"), ports),
                   {}};
  bridge.seen.add("external_ids", column(row, "external_ids")).add("ports", column(row, "ports"));
  return bridge;
}

/// The rows that a select has found.
Json::Array rows_of(const Json& result) {
  const Json* rows = result.find("rows");
  return rows != nullptr && rows->as_array() != nullptr ? *rows->as_array() : Json::Array();
}

}  // namespace

Json uuid_atom(std::string_view uuid) { return texts({"uuid", uuid}); }
Json named_uuid_atom(std::string_view name) { return texts({"named-uuid", name}); }

Json set_of(Json atom) {
  Json items = Json::array();
  items.push(std::move(atom));
  Json set = texts({"set"});
  set.push(std::move(items));
  return set;
}

Json text_map(const TextMap& map) {
  Json pairs = Json::array();
  for (const auto& [key, value] : map) pairs.push(texts({key, value}));
  Json tagged_map = texts({"map"});
  tagged_map.push(std::move(pairs));
  return tagged_map;
}

Json insert_operation(std::string_view table, std::string_view uuid_name, Json row) {
  return Json::object().add("op", "insert").add("table", table).add("uuid-name", uuid_name).add("row", std::move(row));
}

Json mutate_operation(std::string_view table, std::string_view uuid, std::string_view column_name,
                      std::string_view mutator, Json value) {
  return Json::object()
      .add("op", "mutate")
      .add("table", table)
      .add("where", clause("_uuid", "==", uuid_atom(uuid)))
      .add("mutations", clause(column_name, mutator, std::move(value)));
}

Json expect_operation(const BridgeRow& bridge) {
  Json rows = Json::array();
  rows.push(bridge.seen);
  return compare_operation(clause("_uuid", "==", uuid_atom(bridge.uuid)), texts({"external_ids", "ports"}),
                           std::move(rows));
}

Json expect_there_operation(const BridgeRow& bridge) {
  Json rows = Json::array();
  rows.push(Json::object().add("name", bridge.name));
  return compare_operation(clause("_uuid", "==", uuid_atom(bridge.uuid)), texts({"name"}), std::move(rows));
}

Json expect_no_bridge_operation(std::string_view name) {
  return compare_operation(clause("name", "==", name), texts({"name"}), Json::array());
}

void add_count_operations(Json& operations, const RootRow& root) {
  operations.push(mutate_operation("Open_vSwitch", root.uuid, "next_cfg", "+=", 1));
  operations.push(select_operation("Open_vSwitch", texts({"next_cfg"})));
}

Result<std::int64_t> counted(const Json::Array& results) {
  const Json::Array rows = rows_of(results.back());
  if (rows.size() != 1 || column(rows.front(), "next_cfg").as_int() == nullptr) return not_understood("no next_cfg");
  return *column(rows.front(), "next_cfg").as_int();
}

Json comment_operation(std::string_view comment) { return Json::object().add("op", "comment").add("comment", comment); }

const BridgeRow* Snapshot::bridge(std::string_view name) const {
  auto found = std::find_if(bridges.begin(), bridges.end(), [&](const BridgeRow& each) { return each.name == name; });
  return found != bridges.end() ? &*found : nullptr;
}

const BridgeRow* Snapshot::bridge_of_port(std::string_view name) const {
  const auto has_name = [&](const auto& row) { return row.name == name; };
  const auto has = [&](const PortRow& port) {
    return has_name(port) || std::any_of(port.interfaces.begin(), port.interfaces.end(), has_name);
  };
  auto found = std::find_if(bridges.begin(), bridges.end(), [&](const BridgeRow& bridge) {
    return std::any_of(bridge.ports.begin(), bridge.ports.end(), has);
  });
  return found != bridges.end() ? &*found : nullptr;
}

Result<Snapshot> read_snapshot(Session& session) {
  Json operations = Json::array();
  operations.push(select_operation("Open_vSwitch", texts({"_uuid", "next_cfg", "datapath_types"})));
  operations.push(select_operation("Bridge", texts({"_uuid", "name", "external_ids", "ports"})));
  operations.push(select_operation("Port", texts({"_uuid", "name", "external_ids", "interfaces"})));
  operations.push(select_operation("Interface", texts({"_uuid", "name", "external_ids", "ofport", "error"})));
  auto results = session.transact(kDatabase, std::move(operations));
  if (!results) return std::move(results).error();

  Snapshot snapshot;
  const Json::Array roots = rows_of(results.value()[0]);
  if (roots.size() != 1) {
    return not_understood("the table Open_vSwitch has " + std::to_string(roots.size()) +
                          " rows: the database is not initialized (ovs-vsctl init)");
  }
  snapshot.root = read_root(roots.front());
  std::map<std::string, InterfaceRow> interfaces;
  for (const Json& row : rows_of(results.value()[3])) {
    InterfaceRow interface = read_interface(row);
    interfaces.emplace(interface.uuid, std::move(interface));
  }
  std::map<std::string, PortRow> ports;
  for (const Json& row : rows_of(results.value()[2])) {
    PortRow port = read_port(row, interfaces);
    ports.emplace(port.uuid, std::move(port));
  }
  for (const Json& row : rows_of(results.value()[1])) snapshot.bridges.push_back(read_bridge(row, ports));
  return snapshot;
}

}  // namespace ovs
