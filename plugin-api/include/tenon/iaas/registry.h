#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/storage.h>
#include <tenon/iaas/vm.h>
#include <tenon/interface.h>
#include <tenon/store.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a node knows of hosts, storages, networks, images and virtual machines.
namespace tenon::iaas {

/// An image that root disks can begin as.
struct ImageRecord {
  std::string name;
  /// An absolute path on the hosts, or `nfs://HOST/PATH`.
  std::string url;
  /// `qcow2` or `raw`.
  std::string format = "qcow2";
  friend bool operator==(const ImageRecord&, const ImageRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(ImageRecord, (), (name, url, format))

/// A VM and what belongs to it. Registered before it is made on its host, so that what a broken-off creation left can
/// be found.
struct VmRecord {
  VmInstance instance;
  /// Names of records.
  std::string host;
  std::string primary_storage;
  /// Of the registered image that the root disk began as and still needs.
  std::optional<std::string> image;
  std::vector<Volume> volumes;
  std::vector<Nic> nics;
  friend bool operator==(const VmRecord&, const VmRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(VmRecord, (), (instance, host, primary_storage, image, volumes, nics))

/// What a record is found by: its name, and a VM's uuid.
template <class Record>
[[nodiscard]] const std::string& record_id(const Record& record) {
  return record.name;
}
[[nodiscard]] inline const std::string& record_id(const VmRecord& record) { return record.instance.uuid; }

/// The records of one kind, in the node's store. Any thread, several at once; blocks.
///
/// Codes: REGISTRY.1001 there is no such record; 1002 it can't be added, as it would not differ from another one where
/// it must; 1003 it is in use; 1004 it refers to what is not registered; 1007 it has a name that is none. What the
/// store itself fails with is STORE.…
template <class Record>
class Records {
 public:
  virtual ~Records() = default;

  /// In the order of their ids; VMs in the order of their names. Throws Error STORE.… if the store can't be asked.
  virtual std::vector<Record> list() const = 0;

  /// Throws as `list`.
  virtual std::optional<Record> find(const std::string& id) const = 0;
  /// Within a transaction.
  virtual std::optional<Record> find(StoreTransaction& store, const std::string& id) const = 0;

  /// Registers; from then on what the record refers to can't be removed. `key`, the idempotency key of the step
  /// (FlowData::key()), stays with it: success if the same record is there with the same key. Refused are: an id that
  /// is there already; a host or primary storage that another record reaches in the same way; a MAC that another VM
  /// has; a VM whose host, storage, image or network is not registered as it says. After an error nothing of the
  /// transaction should be kept.
  virtual Result<void> add(StoreTransaction& store, const Record& record, const std::string& key) = 0;

  /// Forgets the record, if it was added with `key`; whatever its key if none is given. Success if there is none. A
  /// record that others refer to is refused, with their names.
  virtual Result<void> remove(StoreTransaction& store, const std::string& id,
                              const std::optional<std::string>& key) = 0;

  /// The same in a transaction of their own: durable when they return.
  Result<void> add(const Record& record, const std::string& key) {
    return transaction([&](StoreTransaction& store) { return add(store, record, key); });
  }
  Result<void> remove(const std::string& id, const std::optional<std::string>& key) {
    return transaction([&](StoreTransaction& store) { return remove(store, id, key); });
  }
};

/// One bean of a node implements it.
class Registry {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.Registry/2";
  virtual ~Registry() = default;

  virtual Records<HostRecord>& hosts() = 0;
  virtual Records<PrimaryStorageRecord>& primary_storages() = 0;
  virtual Records<L2NetworkRecord>& l2_networks() = 0;
  virtual Records<ImageRecord>& images() = 0;
  virtual Records<VmRecord>& vms() = 0;
};

/// REGISTRY.1001. `kind`: `host`, `L2 network` …
[[nodiscard]] inline ErrorCode not_registered(std::string_view kind, std::string_view id) {
  return make_error("REGISTRY.1001", "nothing of this name is registered", std::string(kind).append(" ").append(id));
}

/// The image that a VM's root disk begins as.
struct SelectedImage {
  /// Of its record, if it is registered.
  std::optional<std::string> name;
  VolumeImage image;
  friend bool operator==(const SelectedImage&, const SelectedImage&) = default;
};
BOOST_DESCRIBE_STRUCT(SelectedImage, (), (name, image))

/// Input of the chains about one registered record: its name.
inline constexpr FlowKey<std::string> kName{"name"};
inline constexpr FlowKey<L2NetworkRecord> kL2Network{"l2_network"};
inline constexpr FlowKey<ImageRecord> kImage{"image"};
/// Without a value: the VM begins with an empty root disk.
inline constexpr FlowKey<std::optional<SelectedImage>> kSelectedImage{"selected_image"};

}  // namespace tenon::iaas
