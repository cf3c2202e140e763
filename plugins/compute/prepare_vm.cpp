#include "prepare_vm.h"

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

constexpr std::size_t kLongestName = 63;
constexpr std::uint32_t kMostCpus = 1024;
constexpr std::uint64_t kLeastMemory = 16ULL << 20;
constexpr std::size_t kMostDataDisks = 64;

/// Namespace of the uuids that follow from keys (RFC 9562, section 5.5).
constexpr boost::uuids::uuid kKeyNamespace{
    {0x5d, 0x2c, 0x0b, 0x6e, 0x7a, 0x41, 0x4f, 0x0d, 0x9b, 0x83, 0x1c, 0x66, 0xe2, 0x90, 0x47, 0xaf}};

[[noreturn]] void refuse(std::string_view member, std::string_view expected, std::string_view found) {
  throw tenon::Error(
      tenon::make_error("COMPUTE.1001", "the input is not valid",
                        std::string(member).append(": expected ").append(expected).append(", found ").append(found)));
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

void check_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= kLongestName && is_letter_or_digit(name[0]) &&
                    std::all_of(name.begin(), name.end(),
                                [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
  if (!good) refuse("$.vm.name", "1 to 63 letters, digits, '.', '_' or '-', a letter or digit first", quoted(name));
}

void check_path(std::string_view member, const std::optional<std::string>& path) {
  if (!path) return;
  const bool printable =
      std::none_of(path->begin(), path->end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!path->starts_with('/') || !printable) refuse(member, "an absolute path", quoted(*path));
}

void check_disks(const VmSpec& vm) {
  check_path("$.vm.image", vm.image);
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

VmInstance instance_of(const VmSpec& vm, const std::string& key) {
  check_name(vm.name);
  if (vm.cpus < 1 || vm.cpus > kMostCpus) {
    refuse("$.vm.cpus", "1 to " + std::to_string(kMostCpus), std::to_string(vm.cpus));
  }
  if (vm.memory < kLeastMemory || vm.memory > INT64_MAX) {
    refuse("$.vm.memory", std::to_string(kLeastMemory) + " bytes or more", std::to_string(vm.memory));
  }
  check_disks(vm);
  check_path("$.vm.console", vm.console);
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
