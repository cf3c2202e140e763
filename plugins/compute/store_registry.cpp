#include "store_registry.h"

#include "rules.h"
#include "tables.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace compute {

using tenon::Error;
using tenon::Result;
using tenon::StoreTransaction;
using tenon::iaas::VmRecord;

namespace {

/// Engines sort text in different ways.
template <class Record>
bool before(const Record& a, const Record& b) {
  return a.name < b.name;
}
bool before(const VmRecord& a, const VmRecord& b) {
  return std::tie(a.instance.name, a.instance.uuid) < std::tie(b.instance.name, b.instance.uuid);
}

}  // namespace

template <class Record>
std::vector<Record> StoreRecords<Record>::list() const {
  std::vector<Record> records = tenon::read([](StoreTransaction& store) { return select_all<Record>(store); }).value();
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return before(a, b); });
  return records;
}

template <class Record>
std::optional<Record> StoreRecords<Record>::find(const std::string& id) const {
  return tenon::read([&](StoreTransaction& store) { return find(store, id); }).value();
}

template <class Record>
std::optional<Record> StoreRecords<Record>::find(StoreTransaction& store, const std::string& id) const {
  auto found = select_one<Record>(store, id);
  return found ? std::optional(std::move(found->record)) : std::nullopt;
}

template <class Record>
Result<void> StoreRecords<Record>::add(StoreTransaction& store, const Record& record, const std::string& key) {
  try {
    add_record(store, record, key);
    return {};
  } catch (const Error& e) {
    return e.error();
  }
}

template <class Record>
Result<void> StoreRecords<Record>::remove(StoreTransaction& store, const std::string& id,
                                          const std::optional<std::string>& key) {
  try {
    remove_record<Record>(store, id, key);
    return {};
  } catch (const Error& e) {
    return e.error();
  }
}

template class StoreRecords<tenon::iaas::HostRecord>;
template class StoreRecords<tenon::iaas::PrimaryStorageRecord>;
template class StoreRecords<tenon::iaas::L2NetworkRecord>;
template class StoreRecords<tenon::iaas::ImageRecord>;
template class StoreRecords<VmRecord>;

}  // namespace compute
