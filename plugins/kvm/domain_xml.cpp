#include "domain_xml.h"

#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <sstream>

namespace kvm {
namespace {

using tenon::iaas::NicAttachment;
using tenon::iaas::VmDefinition;
using tenon::iaas::Volume;
using tenon::iaas::VolumeLocation;

void add_text(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

void add_attribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(value.data(), value.size());
}

void add_metadata(pugi::xml_node domain, std::string_view key) {
  pugi::xml_node instance = domain.append_child("metadata").append_child("tenon:instance");
  add_attribute(instance, "xmlns:tenon", kMetadataNamespace);
  add_attribute(instance, "key", key);
}

void add_machine(pugi::xml_node domain, std::string_view type) {
  pugi::xml_node os = domain.append_child("os");
  pugi::xml_node os_type = os.append_child("type");
  add_attribute(os_type, "arch", "x86_64");
  add_attribute(os_type, "machine", "q35");
  os_type.text().set("hvm");
  add_attribute(os.append_child("boot"), "dev", "hd");
  pugi::xml_node features = domain.append_child("features");
  features.append_child("acpi");
  features.append_child("apic");
  if (type == "kvm") add_attribute(domain.append_child("cpu"), "mode", "host-passthrough");
}

void add_disk(pugi::xml_node devices, const Volume& volume, std::size_t position) {
  const VolumeLocation& location = volume.location;
  const bool is_file = location.protocol == "file";
  pugi::xml_node disk = devices.append_child("disk");
  add_attribute(disk, "type", is_file ? "file" : "network");
  add_attribute(disk, "device", "disk");
  pugi::xml_node driver = disk.append_child("driver");
  add_attribute(driver, "name", "qemu");
  add_attribute(driver, "type", volume.format);
  pugi::xml_node source = disk.append_child("source");
  if (is_file) {
    add_attribute(source, "file", location.path);
  } else {
    add_attribute(source, "protocol", location.protocol);
    add_attribute(source, "name", location.path);
    if (location.host) {
      pugi::xml_node host = source.append_child("host");
      add_attribute(host, "name", *location.host);
      if (location.port) host.append_attribute("port").set_value(*location.port);
    }
    // libvirt can do without it, its schema can't.
    if (location.protocol == "nfs") source.append_child("identity");
  }
  pugi::xml_node target = disk.append_child("target");
  add_attribute(target, "dev", disk_name(position));
  add_attribute(target, "bus", "virtio");
}

void add_nic(pugi::xml_node devices, const NicAttachment& nic) {
  pugi::xml_node interface = devices.append_child("interface");
  add_attribute(interface, "type", "bridge");
  add_attribute(interface.append_child("mac"), "address", nic.mac);
  add_attribute(interface.append_child("source"), "bridge", nic.bridge);
  if (nic.vlan) interface.append_child("vlan").append_child("tag").append_attribute("id").set_value(*nic.vlan);
  if (nic.virtualport_type) {
    pugi::xml_node port = interface.append_child("virtualport");
    add_attribute(port, "type", *nic.virtualport_type);
    if (nic.interface_id) add_attribute(port.append_child("parameters"), "interfaceid", *nic.interface_id);
  }
  add_attribute(interface.append_child("target"), "dev", nic.device);
  add_attribute(interface.append_child("model"), "type", nic.model);
}

void add_serial_port(pugi::xml_node devices, const std::optional<std::string>& log_file) {
  pugi::xml_node serial = devices.append_child("serial");
  add_attribute(serial, "type", log_file ? "file" : "pty");
  if (log_file) {
    pugi::xml_node source = serial.append_child("source");
    add_attribute(source, "path", *log_file);
    // A VM that is started again goes on writing where it left off.
    add_attribute(source, "append", "on");
  }
  add_attribute(serial.append_child("target"), "port", "0");
}

std::optional<VolumeLocation> disk_location(pugi::xml_node disk) {
  pugi::xml_node source = disk.child("source");
  VolumeLocation location;
  if (std::strcmp(disk.attribute("type").value(), "file") == 0) {
    location.path = source.attribute("file").value();
    return location;
  }
  if (std::strcmp(disk.attribute("type").value(), "network") != 0) return std::nullopt;
  location.protocol = source.attribute("protocol").value();
  location.path = source.attribute("name").value();
  if (pugi::xml_node host = source.child("host")) {
    location.host = host.attribute("name").value();
    if (pugi::xml_attribute port = host.attribute("port")) location.port = static_cast<std::uint16_t>(port.as_uint());
  }
  return location;
}

/// The prefix of the metadata's namespace is whatever libvirt made of it.
std::optional<std::string> metadata_key(pugi::xml_node domain) {
  for (pugi::xml_node element : domain.child("metadata").children()) {
    for (pugi::xml_attribute attribute : element.attributes()) {
      if (std::string_view(attribute.name()).starts_with("xmlns") && attribute.value() == kMetadataNamespace) {
        return element.attribute("key").value();
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::string disk_name(std::size_t position) {
  std::string letters;
  for (std::size_t rest = position + 1; rest > 0; rest = (rest - 1) / 26) {
    letters.push_back(static_cast<char>('a' + (rest - 1) % 26));
  }
  std::reverse(letters.begin(), letters.end());
  return "vd" + letters;
}

std::string domain_xml(const VmDefinition& vm, std::string_view type, std::string_view key) {
  pugi::xml_document document;
  pugi::xml_node domain = document.append_child("domain");
  add_attribute(domain, "type", type);
  add_text(domain, "name", vm.instance.name);
  add_text(domain, "uuid", vm.instance.uuid);
  add_metadata(domain, key);
  pugi::xml_node memory = domain.append_child("memory");
  add_attribute(memory, "unit", "bytes");
  memory.text().set(vm.instance.memory);
  domain.append_child("vcpu").text().set(vm.instance.cpus);
  add_machine(domain, type);
  add_attribute(domain.append_child("clock"), "offset", "utc");
  add_text(domain, "on_poweroff", "destroy");
  add_text(domain, "on_reboot", "restart");
  add_text(domain, "on_crash", "destroy");
  pugi::xml_node devices = domain.append_child("devices");
  for (std::size_t i = 0; i < vm.volumes.size(); ++i) add_disk(devices, vm.volumes[i], i);
  for (const NicAttachment& nic : vm.nics) add_nic(devices, nic);
  add_serial_port(devices, vm.instance.console);

  std::ostringstream text;
  document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(text).str();
}

tenon::Result<DomainDescription> read_domain_xml(std::string_view xml) {
  pugi::xml_document document;
  pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    return tenon::make_error("KVM.1010", "a domain's XML can't be read",
                             std::string(parsed.description()) + " at byte " + std::to_string(parsed.offset));
  }
  pugi::xml_node domain = document.child("domain");
  DomainDescription description;
  description.uuid = domain.child_value("uuid");
  description.name = domain.child_value("name");
  description.key = metadata_key(domain);
  for (pugi::xml_node disk : domain.child("devices").children("disk")) {
    if (std::strcmp(disk.attribute("device").as_string("disk"), "disk") != 0) continue;
    if (auto location = disk_location(disk)) description.volumes.push_back(std::move(*location));
  }
  return description;
}

}  // namespace kvm
