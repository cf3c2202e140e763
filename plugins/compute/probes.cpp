#include "probes.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace compute {
namespace {

using tenon::Error;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::ImageRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmInfo;
using tenon::iaas::VmRecord;

using Texts = std::vector<std::string>;

/// What `collect` adds to a list, sorted; what it throws is the error.
template <class Collect>
Result<Texts> collected(const Collect& collect) {
  try {
    Texts texts;
    collect(texts);
    std::sort(texts.begin(), texts.end());
    return texts;
  } catch (const Error& e) {
    return e.error();
  }
}

/// `2 volumes`.
std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string text_of(const HostRecord& host) { return "host " + host.name + " (" + host.type + ", " + host.uri + ")"; }
std::string text_of(const PrimaryStorageRecord& storage) {
  return "primary storage " + storage.name + " (" + storage.type + ", " + storage.url + ")";
}
std::string text_of(const ImageRecord& image) {
  return "image " + image.name + " (" + image.format + ", " + image.url + ")";
}
std::string text_of(const L2NetworkRecord& network) {
  std::string text = "L2 network " + network.name + " (" + network.type;
  if (network.physical_interface) text += ", interface " + *network.physical_interface;
  if (network.bridge) text += ", bridge " + *network.bridge;
  if (network.vlan) text += ", vlan " + std::to_string(*network.vlan);
  return text + ")";
}
std::string text_of(const VmRecord& vm) {
  return "vm " + vm.instance.uuid + " " + vm.instance.name + " (host " + vm.host + ", primary storage " +
         vm.primary_storage + ", " + counted(vm.volumes.size(), "volume") + ", " + counted(vm.nics.size(), "NIC") + ")";
}

template <class Record>
void add_records(Texts& texts, const tenon::iaas::Records<Record>& table) {
  for (const Record& record : table.list()) texts.push_back("record " + text_of(record));
}

}  // namespace

Result<Texts> HypervisorProbe::list() const {
  return collected([&](Texts& texts) {
    for (const HostRecord& host : registry->hosts().list()) {
      auto hypervisor = hypervisors.get(host.type)->create(host).value();
      const std::vector<VmInfo> vms = hypervisor->list().value();
      for (const VmInfo& vm : vms) {
        texts.push_back("vm " + vm.uuid + " " + vm.name + " (" + boost::describe::enum_to_string(vm.state, "Unknown") +
                        ") on " + host.name);
      }
    }
  });
}

Result<Texts> PrimaryStorageProbe::list() const {
  return collected([&](Texts& texts) {
    for (const PrimaryStorageRecord& record : registry->primary_storages().list()) {
      auto storage = storages.get(record.type)->create(record).value();
      const Texts files = storage->list().value();
      for (const std::string& file : files) texts.push_back("file " + file + " on " + record.name);
    }
  });
}

Result<Texts> RecordProbe::list() const {
  return collected([&](Texts& texts) {
    add_records(texts, registry->hosts());
    add_records(texts, registry->primary_storages());
    add_records(texts, registry->l2_networks());
    add_records(texts, registry->images());
    add_records(texts, registry->vms());
  });
}

}  // namespace compute
