#include "prepare_vm.h"

#include <tenon/iaas/registering.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace compute {
namespace {

using tenon::iaas::VmInstance;
using tenon::iaas::VmSpec;

constexpr std::uint32_t kMostCpus = 1024;
constexpr std::uint64_t kLeastMemory = 16ULL << 20;
constexpr std::size_t kMostDataDisks = 64;
constexpr std::size_t kMostNics = 32;

/// Namespace of the uuids that follow from keys (RFC 9562, section 5.5).
constexpr boost::uuids::uuid kKeyNamespace{
    {0x5d, 0x2c, 0x0b, 0x6e, 0x7a, 0x41, 0x4f, 0x0d, 0x9b, 0x83, 0x1c, 0x66, 0xe2, 0x90, 0x47, 0xaf}};

[[noreturn]] void refuse(std::string_view member, std::string_view expected, std::string_view found) {
  throw tenon::Error(
      tenon::make_error("COMPUTE.1001", "the input is not valid",
                        std::string(member).append(": expected ").append(expected).append(", found ").append(found)));
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

constexpr const char* kNameRule = "1 to 63 letters, digits, '.', '_' or '-', a letter or digit first";

void check_name(std::string_view member, const std::string& name) {
  if (!tenon::iaas::is_record_name(name)) refuse(member, kNameRule, quoted(name));
}
void check_name(std::string_view member, const std::optional<std::string>& name) {
  if (name) check_name(member, *name);
}

bool is_absolute_path(const std::string& path) {
  return path.starts_with('/') &&
         std::none_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void check_disks(const VmSpec& vm) {
  if (vm.image && !tenon::iaas::is_record_name(*vm.image) && !is_absolute_path(*vm.image)) {
    refuse("$.vm.image", "the name of an image or an absolute path", quoted(*vm.image));
  }
  if (!vm.image && !vm.disk_size) refuse("$.vm", "an image, a disk_size or both", "neither");
  if (vm.image_format && *vm.image_format != "qcow2" && *vm.image_format != "raw") {
    refuse("$.vm.image_format", "qcow2 or raw", quoted(*vm.image_format));
  }
  if (vm.disk_size && *vm.disk_size == 0) refuse("$.vm.disk_size", "1 or more", "0");
  if (!vm.data_disks) return;
  if (vm.data_disks->size() > kMostDataDisks) {
    refuse("$.vm.data_disks", "at most " + std::to_string(kMostDataDisks), std::to_string(vm.data_disks->size()));
  }
  for (std::size_t i = 0; i < vm.data_disks->size(); ++i) {
    if ((*vm.data_disks)[i].size == 0) refuse("$.vm.data_disks[" + std::to_string(i) + "].size", "1 or more", "0");
  }
}

void check_nics(const VmSpec& vm) {
  if (const std::size_t count = nic_specs(vm).size(); count > kMostNics) {
    refuse("$.vm", "at most " + std::to_string(kMostNics) + " NICs", std::to_string(count));
  }
  for (std::size_t i = 0; vm.networks && i < vm.networks->size(); ++i) {
    check_name("$.vm.networks[" + std::to_string(i) + "]", (*vm.networks)[i]);
  }
  for (std::size_t i = 0; vm.nics && i < vm.nics->size(); ++i) {
    check_name("$.vm.nics[" + std::to_string(i) + "].network", (*vm.nics)[i].network);
  }
}

VmInstance instance_of(const VmSpec& vm, const std::string& key) {
  check_name("$.vm.name", vm.name);
  if (vm.cpus < 1 || vm.cpus > kMostCpus) {
    refuse("$.vm.cpus", "1 to " + std::to_string(kMostCpus), std::to_string(vm.cpus));
  }
  if (vm.memory < kLeastMemory || vm.memory > INT64_MAX) {
    refuse("$.vm.memory", std::to_string(kLeastMemory) + " bytes or more", std::to_string(vm.memory));
  }
  check_disks(vm);
  check_nics(vm);
  check_name("$.vm.host", vm.host);
  check_name("$.vm.primary_storage", vm.primary_storage);
  if (vm.console && !is_absolute_path(*vm.console)) refuse("$.vm.console", "an absolute path", quoted(*vm.console));
  std::string uuid = vm.uuid ? canonical_uuid("$.vm.uuid", *vm.uuid)
                             : boost::uuids::to_string(boost::uuids::name_generator_sha1(kKeyNamespace)(key));
  return {std::move(uuid), vm.name, vm.cpus, vm.memory, vm.console};
}

}  // namespace

std::string canonical_uuid(std::string_view member, const std::string& text) {
  try {
    const boost::uuids::uuid uuid = boost::uuids::string_generator()(text);
    if (!uuid.is_nil()) return boost::uuids::to_string(uuid);
  } catch (const std::runtime_error&) {
  }
  refuse(member, "a uuid", quoted(text));
}

void PrepareVm::run(tenon::FlowStep step) const {
  step.set(tenon::iaas::kInstance, instance_of(step.get(tenon::iaas::kVm), step.key()));
  std::move(step).next();
}

}  // namespace compute
