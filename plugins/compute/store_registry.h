#pragma once

#include <tenon/iaas/registry.h>

#include <optional>
#include <string>
#include <vector>

namespace compute {

/// One kind of record in the node's store.
template <class Record>
class StoreRecords final : public tenon::iaas::Records<Record> {
 public:
  std::vector<Record> list() const override;
  std::optional<Record> find(const std::string& id) const override;
  std::optional<Record> find(tenon::StoreTransaction& store, const std::string& id) const override;
  tenon::Result<void> add(tenon::StoreTransaction& store, const Record& record, const std::string& key) override;
  tenon::Result<void> remove(tenon::StoreTransaction& store, const std::string& id,
                             const std::optional<std::string>& key) override;
};

/// Keeps all records in the node's store, which several nodes may share: changes follow one another, whoever makes
/// them. Any thread.
class StoreRegistry final : public tenon::iaas::Registry {
 public:
  tenon::iaas::Records<tenon::iaas::HostRecord>& hosts() override { return hosts_; }
  tenon::iaas::Records<tenon::iaas::PrimaryStorageRecord>& primary_storages() override { return primary_storages_; }
  tenon::iaas::Records<tenon::iaas::L2NetworkRecord>& l2_networks() override { return l2_networks_; }
  tenon::iaas::Records<tenon::iaas::ImageRecord>& images() override { return images_; }
  tenon::iaas::Records<tenon::iaas::VmRecord>& vms() override { return vms_; }

 private:
  StoreRecords<tenon::iaas::HostRecord> hosts_;
  StoreRecords<tenon::iaas::PrimaryStorageRecord> primary_storages_;
  StoreRecords<tenon::iaas::L2NetworkRecord> l2_networks_;
  StoreRecords<tenon::iaas::ImageRecord> images_;
  StoreRecords<tenon::iaas::VmRecord> vms_;
};

}  // namespace compute
