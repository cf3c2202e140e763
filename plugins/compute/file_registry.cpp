#include "file_registry.h"

#include <tenon/log.h>

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace compute {

using tenon::make_error;
using tenon::Result;
using tenon::iaas::VmRecord;

void FileRegistry::set_file(const std::string& path) {
  if (!path.starts_with('/') || path.ends_with('/')) {
    throw std::invalid_argument("expected the absolute path of a file, found '" + path + "'");
  }
  file_.emplace(path);
}

void FileRegistry::start() {
  std::lock_guard changing(changing_);
  (void)refreshed().value();
}

std::pair<FileRegistry::Snapshot, std::optional<FileVersion>> FileRegistry::published() const {
  std::lock_guard lock(mutex_);
  return {state_, version_};
}

void FileRegistry::publish(Snapshot state, const FileVersion& version) const {
  std::lock_guard lock(mutex_);
  state_ = std::move(state);
  version_ = version;
}

Result<FileRegistry::Snapshot> FileRegistry::refreshed() const {
  auto [state, version] = published();
  auto on_disk = file_->version();
  if (!on_disk) return std::move(on_disk).error();
  if (*on_disk == version) return std::move(state);
  auto content = file_->read();
  if (!content) return std::move(content).error();
  if (!*content) {
    return make_error("REGISTRY.1005", "what is kept can't be read", file_->path().string() + " has gone");
  }
  auto read = parse_state((*content)->text);
  if (!read) {
    tenon::ErrorCode error = std::move(read).error();
    const bool has_line = error.details[0] >= '0' && error.details[0] <= '9';
    error.details = file_->path().string() + (has_line ? ":" : ": ") + error.details;
    return error;
  }
  auto fresh = std::make_shared<const RegistryState>(std::move(read).value());
  publish(fresh, (*content)->version);
  return Snapshot(std::move(fresh));
}

FileRegistry::Snapshot FileRegistry::current() const {
  auto [state, version] = published();
  if (auto on_disk = file_->version(); on_disk && *on_disk == version) return std::move(state);
  std::lock_guard changing(changing_);
  auto fresh = refreshed();
  if (fresh) return std::move(fresh).value();
  tenon::log::error("the registry's file can't be read; what was read last is shown",
                    {{"error", fresh.error().to_string()}});
  return published().first;
}

Result<void> FileRegistry::change(const std::function<Result<bool>(RegistryState& state)>& change) {
  std::lock_guard changing(changing_);
  auto lock = file_->lock();
  if (!lock) return std::move(lock).error();
  auto now = refreshed();
  if (!now) return std::move(now).error();
  auto next = std::make_shared<RegistryState>(**now);
  auto changed = change(*next);
  if (!changed) return std::move(changed).error();
  if (!*changed) return {};
  auto version = file_->replace(state_text(*next));
  if (!version) return std::move(version).error();
  publish(std::move(next), *version);
  return {};
}

template <class Record>
std::vector<Record> FileRecords<Record>::list() const {
  const auto state = registry_->current();
  std::vector<Record> records;
  for (const auto& entry : list_of<Record>(*state)) records.push_back(entry.record);
  if constexpr (std::is_same_v<Record, VmRecord>) {
    std::stable_sort(records.begin(), records.end(),
                     [](const VmRecord& a, const VmRecord& b) { return a.instance.name < b.instance.name; });
  }
  return records;
}

template <class Record>
std::optional<Record> FileRecords<Record>::find(const std::string& id) const {
  const auto state = registry_->current();
  const Record* record = find_record<Record>(*state, id);
  return record != nullptr ? std::optional(*record) : std::nullopt;
}

template <class Record>
Result<void> FileRecords<Record>::add(const Record& record, const std::string& key) {
  return registry_->change([&](RegistryState& state) { return add_record(state, record, key); });
}

template <class Record>
Result<void> FileRecords<Record>::remove(const std::string& id, const std::optional<std::string>& key) {
  return registry_->change([&](RegistryState& state) { return remove_record<Record>(state, id, key); });
}

template class FileRecords<tenon::iaas::HostRecord>;
template class FileRecords<tenon::iaas::PrimaryStorageRecord>;
template class FileRecords<tenon::iaas::L2NetworkRecord>;
template class FileRecords<tenon::iaas::ImageRecord>;
template class FileRecords<VmRecord>;

}  // namespace compute
