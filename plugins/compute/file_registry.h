#pragma once

#include "registry_state.h"
#include "state_file.h"

#include <tenon/component.h>
#include <tenon/iaas/registry.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace compute {

class FileRegistry;

/// One kind of record in the registry's file.
template <class Record>
class FileRecords final : public tenon::iaas::Records<Record> {
 public:
  explicit FileRecords(FileRegistry& registry) : registry_(&registry) {}

  std::vector<Record> list() const override;
  std::optional<Record> find(const std::string& id) const override;
  tenon::Result<void> add(const Record& record, const std::string& key) override;
  tenon::Result<void> remove(const std::string& id, const std::optional<std::string>& key) override;

 private:
  FileRegistry* registry_;
};

/// Keeps all records in one JSON file, until the node's store does.
///
/// The file is the truth: a change is in it before it shows, and what another process has changed in it is seen. A file
/// that can't be read or breaks a rule is refused, at the start and later, and never overwritten; meanwhile what was
/// read last is shown. Any thread.
class FileRegistry final : public tenon::iaas::Registry, public tenon::Component {
 public:
  FileRegistry() = default;
  FileRegistry(const FileRegistry&) = delete;
  FileRegistry& operator=(const FileRegistry&) = delete;

  tenon::iaas::Records<tenon::iaas::HostRecord>& hosts() override { return hosts_; }
  tenon::iaas::Records<tenon::iaas::PrimaryStorageRecord>& primary_storages() override { return primary_storages_; }
  tenon::iaas::Records<tenon::iaas::L2NetworkRecord>& l2_networks() override { return l2_networks_; }
  tenon::iaas::Records<tenon::iaas::ImageRecord>& images() override { return images_; }
  tenon::iaas::Records<tenon::iaas::VmRecord>& vms() override { return vms_; }

  /// Reads the file; it need not be there yet. Throws if it is refused.
  void start() override;

  /// Property `file`: an absolute path; throws for another.
  void set_file(const std::string& path);

 private:
  template <class Record>
  friend class FileRecords;

  using Snapshot = std::shared_ptr<const RegistryState>;
  /// The state now; the last one that could be read, if it can't be now.
  Snapshot current() const;
  /// `change` tells whether it has changed the state.
  tenon::Result<void> change(const std::function<tenon::Result<bool>(RegistryState& state)>& change);
  /// Under `changing_`: what the file says, read if it is another one than was read last.
  tenon::Result<Snapshot> refreshed() const;
  void publish(Snapshot state, const FileVersion& version) const;
  [[nodiscard]] std::pair<Snapshot, std::optional<FileVersion>> published() const;

  std::optional<StateFile> file_;
  /// Held while the file is read or replaced.
  mutable std::mutex changing_;
  mutable std::mutex mutex_;
  mutable Snapshot state_ = std::make_shared<const RegistryState>();
  /// Of the file that says `state_`; none if there was no file yet.
  mutable std::optional<FileVersion> version_;

  FileRecords<tenon::iaas::HostRecord> hosts_{*this};
  FileRecords<tenon::iaas::PrimaryStorageRecord> primary_storages_{*this};
  FileRecords<tenon::iaas::L2NetworkRecord> l2_networks_{*this};
  FileRecords<tenon::iaas::ImageRecord> images_{*this};
  FileRecords<tenon::iaas::VmRecord> vms_{*this};
};

}  // namespace compute
