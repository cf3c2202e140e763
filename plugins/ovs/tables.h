#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include "session.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The rows of the database Open_vSwitch that this plugin deals with (ovs-vswitchd.conf.db(5)), and the notation for
/// values of RFC 7047, section 5.1.
namespace ovs {

inline constexpr const char* kDatabase = "Open_vSwitch";

using TextMap = std::map<std::string, std::string>;

struct InterfaceRow {
  std::string uuid;
  std::string name;
  TextMap external_ids;
  /// None until ovs-vswitchd has set it up; -1 if it could not.
  std::optional<std::int64_t> ofport;
  /// Why it could not.
  std::optional<std::string> error;
};

struct PortRow {
  std::string uuid;
  std::string name;
  TextMap external_ids;
  std::vector<InterfaceRow> interfaces;
};

struct BridgeRow {
  std::string uuid;
  std::string name;
  TextMap external_ids;
  std::vector<PortRow> ports;
  /// The row as it was read, for an operation that waits for it to be still so.
  tenon::Json seen;
};

/// The one row of the table Open_vSwitch.
struct RootRow {
  std::string uuid;
  std::int64_t next_cfg = 0;
  /// The types there are; empty if this ovs-vswitchd does not tell.
  std::vector<std::string> datapath_types;
};

/// One state of the database.
struct Snapshot {
  RootRow root;
  std::vector<BridgeRow> bridges;

  [[nodiscard]] const BridgeRow* bridge(std::string_view name) const;
  /// The bridge that has a port of this name, or one with an interface of this name. There is one at most.
  [[nodiscard]] const BridgeRow* bridge_of_port(std::string_view name) const;
};

/// Reads the tables, in one transaction.
[[nodiscard]] tenon::Result<Snapshot> read_snapshot(Session& session);

/// `["uuid", …]`, `["named-uuid", …]`, `["map", [["a", "b"], …]]`, `["set", […]]`.
[[nodiscard]] tenon::Json uuid_atom(std::string_view uuid);
[[nodiscard]] tenon::Json named_uuid_atom(std::string_view name);
[[nodiscard]] tenon::Json text_map(const TextMap& map);
[[nodiscard]] tenon::Json set_of(tenon::Json atom);

/// The operations of a transaction.
[[nodiscard]] tenon::Json insert_operation(std::string_view table, std::string_view uuid_name, tenon::Json row);
/// On the row of this uuid.
[[nodiscard]] tenon::Json mutate_operation(std::string_view table, std::string_view uuid, std::string_view column,
                                           std::string_view mutator, tenon::Json value);
/// Fails the transaction, as a conflict, unless the bridge is still as it was read.
[[nodiscard]] tenon::Json expect_operation(const BridgeRow& bridge);
/// Fails the transaction, as a conflict, if the bridge has gone.
[[nodiscard]] tenon::Json expect_there_operation(const BridgeRow& bridge);
/// Counts next_cfg up, which tells ovs-vswitchd's readers that there is something to wait for, and then reads it. The
/// last two of a transaction that changes anything.
void add_count_operations(tenon::Json& operations, const RootRow& root);
/// What the second of them has read.
[[nodiscard]] tenon::Result<std::int64_t> counted(const tenon::Json::Array& results);
/// Changes nothing; stands in the database's log.
[[nodiscard]] tenon::Json comment_operation(std::string_view comment);
/// Fails the transaction, as a conflict, if there is a bridge of this name.
[[nodiscard]] tenon::Json expect_no_bridge_operation(std::string_view name);

}  // namespace ovs
