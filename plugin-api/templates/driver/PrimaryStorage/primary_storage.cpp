#include "primary_storage.h"

#include <utility>

namespace acme {

using tenon::Result;

PrimaryStorage::PrimaryStorage(std::string url) : url_(std::move(url)) {}

tenon::ErrorCode PrimaryStorage::not_yet(std::string what) const {
  return tenon::make_error("ACME.1001", "the driver can't do this yet", std::move(what) + " in " + url_);
}

Result<void> PrimaryStorage::ping() { return not_yet("ping"); }

Result<tenon::iaas::StorageCapacity> PrimaryStorage::capacity() { return not_yet("tell the capacity"); }

Result<tenon::iaas::Volume> PrimaryStorage::create_volume(const tenon::iaas::VolumeSpec& spec) {
  return not_yet("create volume " + spec.name);
}

Result<void> PrimaryStorage::delete_volume(const std::string& name) { return not_yet("delete volume " + name); }

std::optional<std::string> PrimaryStorage::volume_at(const tenon::iaas::VolumeLocation& /*location*/) {
  return std::nullopt;
}

Result<std::vector<std::string>> PrimaryStorage::list() { return not_yet("list the volumes"); }

}  // namespace acme
