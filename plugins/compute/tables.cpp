#include "tables.h"

#include <cstdint>
#include <utility>

namespace compute {

using tenon::StoreRow;
using tenon::StoreTransaction;
using tenon::StoreValue;
using tenon::iaas::ClusterRecord;
using tenon::iaas::HostRecord;
using tenon::iaas::ImageRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::ZoneRecord;

namespace {

std::string text(const StoreRow& row, std::string_view column) { return row.get<std::string>(column); }
std::optional<std::string> maybe_text(const StoreRow& row, std::string_view column) {
  return row.get<std::optional<std::string>>(column);
}

template <class Record>
std::string select_text() {
  return std::string("SELECT ").append(Table<Record>::kColumns).append(" FROM ").append(Table<Record>::kName);
}

}  // namespace

HostRecord Table<HostRecord>::read(const StoreRow& row) {
  return {text(row, "name"), text(row, "type"), text(row, "uri"), maybe_text(row, "cluster")};
}
std::vector<StoreValue> Table<HostRecord>::values(const HostRecord& host) {
  return {host.name, host.type, host.uri, host.cluster};
}

ZoneRecord Table<ZoneRecord>::read(const StoreRow& row) { return {text(row, "name")}; }
std::vector<StoreValue> Table<ZoneRecord>::values(const ZoneRecord& zone) { return {zone.name}; }

ClusterRecord Table<ClusterRecord>::read(const StoreRow& row) { return {text(row, "name"), text(row, "zone")}; }
std::vector<StoreValue> Table<ClusterRecord>::values(const ClusterRecord& cluster) {
  return {cluster.name, cluster.zone};
}

PrimaryStorageRecord Table<PrimaryStorageRecord>::read(const StoreRow& row) {
  return {text(row, "name"), text(row, "type"), text(row, "url")};
}
std::vector<StoreValue> Table<PrimaryStorageRecord>::values(const PrimaryStorageRecord& storage) {
  return {storage.name, storage.type, storage.url};
}

L2NetworkRecord Table<L2NetworkRecord>::read(const StoreRow& row) {
  return {text(row, "name"), text(row, "type"), maybe_text(row, "physical_interface"), maybe_text(row, "bridge"),
          row.get<std::optional<std::uint16_t>>("vlan")};
}
std::vector<StoreValue> Table<L2NetworkRecord>::values(const L2NetworkRecord& network) {
  return {network.name, network.type, network.physical_interface, network.bridge, network.vlan};
}

ImageRecord Table<ImageRecord>::read(const StoreRow& row) {
  return {text(row, "name"), text(row, "url"), text(row, "format")};
}
std::vector<StoreValue> Table<ImageRecord>::values(const ImageRecord& image) {
  return {image.name, image.url, image.format};
}

template <class Record>
std::vector<Record> select_all(StoreTransaction& store) {
  std::vector<Record> records;
  const tenon::StoreRows rows = store.query(select_text<Record>()).value();
  for (const StoreRow row : rows) records.push_back(Table<Record>::read(row));
  return records;
}

template <class Record>
std::optional<Registered<Record>> select_one(StoreTransaction& store, const std::string& id) {
  const tenon::StoreRows rows = store.query(select_text<Record>() + " WHERE name = $1", {id}).value();
  if (rows.empty()) return std::nullopt;
  return Registered<Record>{Table<Record>::read(rows[0]), text(rows[0], "added_by")};
}

template <class Record>
void insert_record(StoreTransaction& store, const Record& record, const std::string& key) {
  std::string sql("INSERT INTO ");
  sql.append(Table<Record>::kName).append(" (").append(Table<Record>::kColumns).append(") VALUES (");
  sql.append(Table<Record>::kPlaces).append(")");
  std::vector<StoreValue> values = Table<Record>::values(record);
  values.emplace_back(key);
  (void)store.execute(sql, values).value();
}

template <class Record>
void delete_record(StoreTransaction& store, const std::string& id) {
  (void)store.execute(std::string("DELETE FROM ").append(Table<Record>::kName).append(" WHERE name = $1"), {id})
      .value();
}

#define COMPUTE_FOR_RECORD(Record)                                                                      \
  template std::vector<Record> select_all<Record>(StoreTransaction&);                                   \
  template std::optional<Registered<Record>> select_one<Record>(StoreTransaction&, const std::string&); \
  template void insert_record<Record>(StoreTransaction&, const Record&, const std::string&);            \
  template void delete_record<Record>(StoreTransaction&, const std::string&)
COMPUTE_FOR_RECORD(HostRecord);
COMPUTE_FOR_RECORD(PrimaryStorageRecord);
COMPUTE_FOR_RECORD(L2NetworkRecord);
COMPUTE_FOR_RECORD(ImageRecord);
COMPUTE_FOR_RECORD(ZoneRecord);
COMPUTE_FOR_RECORD(ClusterRecord);
#undef COMPUTE_FOR_RECORD

}  // namespace compute
