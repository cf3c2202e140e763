#pragma once

#include <tenon/chain.h>
#include <tenon/handler.h>
#include <tenon/iaas/host_messages.h>
#include <tenon/iaas/kind_service.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage.h>
#include <tenon/list.h>
#include <tenon/message.h>
#include <tenon/resource.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// The messages about primary storages, and the class that answers them for every type.
namespace tenon::iaas {

/// What is shown of a primary storage. A type that has more to show derives from it.
struct PrimaryStorageInventory : PrimaryStorageRecord {
  /// Whether volumes can be made on it now.
  ConnectionState state = ConnectionState::Disconnected;
  /// Bytes. Left out while it is disconnected.
  std::optional<std::uint64_t> total;
  std::optional<std::uint64_t> available;
};
BOOST_DESCRIBE_STRUCT(PrimaryStorageInventory, (PrimaryStorageRecord), (state, total, available))

/// Checks that volumes can be made on it, and registers it.
struct AddPrimaryStorage : PrimaryStorageRecord {
  static constexpr std::string_view kMessage = "storage.AddPrimaryStorage";
  using Reply = PrimaryStorageRecord;
};
BOOST_DESCRIBE_STRUCT(AddPrimaryStorage, (PrimaryStorageRecord), ())

/// What all messages about one primary storage extend.
struct PrimaryStorageMessage {
  static constexpr std::string_view kMessage = "storage.PrimaryStorageMessage";
  using Reply = NoReply;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(PrimaryStorageMessage, (), (name))

struct GetPrimaryStorage : PrimaryStorageMessage {
  static constexpr std::string_view kMessage = "storage.GetPrimaryStorage";
  using Extends = PrimaryStorageMessage;
  using Reply = PrimaryStorageInventory;
};
BOOST_DESCRIBE_STRUCT(GetPrimaryStorage, (PrimaryStorageMessage), ())

struct ListPrimaryStorages : ListRequest {
  static constexpr std::string_view kMessage = "storage.ListPrimaryStorages";
  using Reply = Page<PrimaryStorageInventory>;
};
BOOST_DESCRIBE_STRUCT(ListPrimaryStorages, (ListRequest), ())

/// Refused while volumes of VMs are on it.
struct RemovePrimaryStorage : PrimaryStorageMessage {
  static constexpr std::string_view kMessage = "storage.RemovePrimaryStorage";
  using Extends = PrimaryStorageMessage;
};
BOOST_DESCRIBE_STRUCT(RemovePrimaryStorage, (PrimaryStorageMessage), ())

/// One registered primary storage, and what it answers whatever its type.
class PrimaryStorageResource : public Resource {
 public:
  /// `storage`: what PrimaryStorageFactory::create gives for the record, or null.
  PrimaryStorageResource(PrimaryStorageRecord record, Registry& /*registry*/, Owned<PrimaryStorage> storage = {})
      : record_(std::move(record)), storage_(std::move(storage)) {}

  void handle(AnyCall call) override {
    if (call.as<GetPrimaryStorage>() != nullptr) {
      return answer<GetPrimaryStorage>(
          std::move(call), [&](const GetPrimaryStorage&) -> Result<PrimaryStorageInventory> { return inventory(); });
    }
    if (call.as<RemovePrimaryStorage>() != nullptr) {
      return answer_by_run(Call<RemovePrimaryStorage>(std::move(call)),
                           std::move(new_chain_run("storage.remove").input(kName, record_.name)),
                           [](const ChainData&) { return NoReply{}; });
    }
    ErrorCode error = not_for(call, "primary storage '" + record_.name + "' of type " + record_.type);
    std::move(call).fail(std::move(error));
  }

 protected:
  [[nodiscard]] const PrimaryStorageRecord& record() const noexcept { return record_; }

  /// Asks the storage; may block.
  [[nodiscard]] PrimaryStorageInventory inventory() const {
    PrimaryStorageInventory shown;
    static_cast<PrimaryStorageRecord&>(shown) = record_;
    if (!storage_ || !storage_->ping()) return shown;
    if (const auto capacity = storage_->capacity()) {
      shown.state = ConnectionState::Connected;
      shown.total = capacity->total;
      shown.available = capacity->available;
    }
    return shown;
  }

 private:
  const PrimaryStorageRecord record_;
  const Owned<PrimaryStorage> storage_;
};

struct PrimaryStorageKind {
  using Record = PrimaryStorageRecord;
  using Factory = PrimaryStorageFactory;
  using Message = PrimaryStorageMessage;
  static constexpr std::string_view kTitle = "primary storage";
  static Records<PrimaryStorageRecord>& records(Registry& registry) { return registry.primary_storages(); }
  static Owned<Resource> make(const PrimaryStorageRecord& record, Registry& registry, PrimaryStorageFactory& factory) {
    Result<Owned<PrimaryStorage>> storage = factory.create(record);
    return make_owned<Resource, PrimaryStorageResource>(record, registry,
                                                        storage ? std::move(storage).value() : Owned<PrimaryStorage>());
  }
};

}  // namespace tenon::iaas
