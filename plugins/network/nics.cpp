#include "nics.h"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace network {
namespace {

using tenon::Error;
using tenon::make_error;
using tenon::iaas::Nic;
using tenon::iaas::NicSpec;
using tenon::iaas::Registry;

/// Namespace of the uuids that follow from keys (RFC 9562, section 5.5).
constexpr boost::uuids::uuid kKeyNamespace{
    {0x1b, 0x8e, 0x52, 0xd1, 0x0c, 0x6a, 0x4e, 0x77, 0xa2, 0x4f, 0x93, 0x08, 0x7d, 0xc5, 0x3a, 0x61}};

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex(std::string& text, std::uint8_t byte) {
  text.push_back(kHexDigits[byte >> 4]);
  text.push_back(kHexDigits[byte & 0xf]);
}

/// In the range that QEMU's NICs have: for one NIC, and locally administered.
std::string mac_of(const boost::uuids::uuid& uuid) {
  std::string mac = "52:54:00";
  for (std::size_t i = 13; i < 16; ++i) append_hex(mac.append(":"), uuid.data[i]);
  return mac;
}

std::string device_of(const std::string& mac) {
  std::string device = "tn";
  std::copy_if(mac.begin(), mac.end(), std::back_inserter(device), [](char c) { return c != ':'; });
  return device;
}

bool is_model(const std::string& model) {
  constexpr std::size_t kLongest = 32;
  return !model.empty() && model.size() <= kLongest && std::all_of(model.begin(), model.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

[[noreturn]] void refuse(const std::string& network, std::string_view expected, const std::string& found) {
  throw Error(make_error("NETWORK.1001", "a NIC can't be like this",
                         "NIC on " + network + ": expected " + std::string(expected) + ", found '" + found + "'"));
}

Nic allocated(const NicSpec& spec, std::size_t position, const std::string& key, Registry& registry) {
  auto record = registry.l2_networks().find(spec.network);
  if (!record) throw Error(tenon::iaas::not_registered("L2 network", spec.network));
  const auto uuid = boost::uuids::name_generator_sha1(kKeyNamespace)(key + "/" + std::to_string(position));
  std::string mac = spec.mac ? canonical_mac(*spec.mac) : mac_of(uuid);
  if (mac.empty()) refuse(spec.network, "a MAC such as 52:54:00:12:34:56", *spec.mac);
  if (spec.model && !is_model(*spec.model)) refuse(spec.network, "a model such as virtio", *spec.model);
  std::string device = device_of(mac);
  return {boost::uuids::to_string(uuid), std::move(mac), std::move(*record), std::move(device),
          spec.model.value_or("virtio")};
}

std::vector<Nic> allocated(const std::vector<NicSpec>& specs, const std::string& key, Registry& registry) {
  std::vector<Nic> nics;
  for (const NicSpec& spec : specs) {
    Nic nic = allocated(spec, nics.size(), key, registry);
    const auto same = [&](const Nic& other) { return other.mac == nic.mac; };
    if (std::any_of(nics.begin(), nics.end(), same)) refuse(spec.network, "a MAC of its own", nic.mac);
    nics.push_back(std::move(nic));
  }
  return nics;
}

}  // namespace

std::string canonical_mac(std::string_view text) {
  constexpr std::size_t kLength = 17;
  if (text.size() != kLength) return {};
  std::string mac;
  for (std::size_t i = 0; i < kLength; ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    const bool good = i % 3 == 2 ? c == ':' : kHexDigits.find(c) != std::string_view::npos;
    if (!good) return {};
    mac.push_back(c);
  }
  // An odd first byte means many receivers; nothing but zeros, nobody.
  if (kHexDigits.find(mac[1]) % 2 == 1 || mac == "00:00:00:00:00:00") return {};
  return mac;
}

void AllocateNic::execute(tenon::FlowData& data) const {
  data.set(tenon::iaas::kNics, allocated(nic_specs(data.get(tenon::iaas::kVm)), data.key(), *registry));
}

void AllocateApplianceNic::execute(tenon::FlowData& data) const {
  if (management_network.empty()) {
    throw Error(make_error("NETWORK.1003", "no management network is set", "property network.management"));
  }
  std::vector<NicSpec> specs = nic_specs(data.get(tenon::iaas::kVm));
  specs.insert(specs.begin(), {management_network, std::nullopt, std::nullopt});
  data.set(tenon::iaas::kNics, allocated(specs, data.key(), *registry));
}

}  // namespace network
