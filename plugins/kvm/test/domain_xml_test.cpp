#include "domain_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pugixml.hpp>

namespace {

using tenon::iaas::NicAttachment;
using tenon::iaas::VmDefinition;
using tenon::iaas::Volume;
using tenon::iaas::VolumeLocation;
using testing::ElementsAre;

VmDefinition plain_vm() {
  VmDefinition vm;
  vm.instance = {"6695eb01-f6a4-4304-79aa-97f2502e193f", "web-1", 2, 134217728, std::nullopt};
  return vm;
}

Volume file_volume(const std::string& path, const std::string& format = "qcow2") {
  return {"v", VolumeLocation{"file", path, {}, {}}, format};
}

VmDefinition with_volumes(std::vector<Volume> volumes) {
  VmDefinition vm = plain_vm();
  vm.volumes = std::move(volumes);
  return vm;
}

NicAttachment bridge_nic() { return {"br0", "52:54:00:12:34:56", "tn525400123456", "virtio", {}, {}, {}}; }

NicAttachment ovs_nic(std::optional<std::uint16_t> vlan) {
  return {"br_tenon",
          "52:54:00:12:34:57",
          "tn525400123457",
          "virtio",
          vlan,
          "openvswitch",
          "0b9c1a52-33d4-5f6a-8c1e-9f3f0a7d2b11"};
}

VmDefinition with_nics(std::vector<NicAttachment> nics) {
  VmDefinition vm = plain_vm();
  vm.nics = std::move(nics);
  return vm;
}

VmDefinition with_console(const std::string& path) {
  VmDefinition vm = plain_vm();
  vm.instance.console = path;
  return vm;
}

std::string xpath(const std::string& xml, const char* query) {
  pugi::xml_document document;
  document.load_string(xml.c_str());
  return document.select_node(query).attribute().value();
}

struct Case {
  const char* name;
  VmDefinition vm;
  const char* type;
};

class DomainXmlSchema : public testing::TestWithParam<Case> {};

TEST_P(DomainXmlSchema, accepts_the_domain) {
  const auto file = std::filesystem::path(testing::TempDir()) / ("tenon-domain-" + std::to_string(getpid()) + ".xml");
  std::ofstream(file) << kvm::domain_xml(GetParam().vm, GetParam().type, "17:4");
  const std::string command = "virt-xml-validate '" + file.string() + "' domain 1>&2";
  EXPECT_EQ(std::system(command.c_str()), 0) << kvm::domain_xml(GetParam().vm, GetParam().type, "17:4");
  std::filesystem::remove(file);
}

std::vector<Volume> thirty_volumes() { return std::vector<Volume>(30, file_volume("/var/lib/tenon/volumes/a.qcow2")); }

INSTANTIATE_TEST_SUITE_P(
    OfEachKind, DomainXmlSchema,
    testing::Values(Case{"no_disk", plain_vm(), "qemu"}, Case{"kvm", plain_vm(), "kvm"},
                    Case{"test", plain_vm(), "test"},
                    Case{"file_disk", with_volumes({file_volume("/v/a.qcow2")}), "kvm"},
                    Case{"raw_disk", with_volumes({file_volume("/v/a.raw", "raw")}), "qemu"},
                    Case{"odd_path", with_volumes({file_volume("/v/a & 'b' \"c\" <d>/\xc3\xa4.qcow2")}), "qemu"},
                    Case{"thirty_disks", with_volumes(thirty_volumes()), "qemu"},
                    Case{"nfs_disk", with_volumes({{"v", {"nfs", "/export/a.qcow2", "127.0.0.1", {}}, "qcow2"}}),
                         "qemu"},
                    Case{"nbd_disk", with_volumes({{"v", {"nbd", "a", "nas", 10809}, "raw"}}), "qemu"},
                    Case{"bridge_nic", with_nics({bridge_nic()}), "qemu"},
                    Case{"ovs_nic", with_nics({ovs_nic(std::nullopt)}), "kvm"},
                    Case{"ovs_nic_on_a_vlan", with_nics({ovs_nic(100), bridge_nic()}), "kvm"},
                    Case{"console_file", with_console("/var/log/tenon/web-1.console"), "kvm"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(DomainXml, has_what_the_vm_says) {
  const std::string xml = kvm::domain_xml(with_volumes({file_volume("/v/a.qcow2")}), "kvm", "17:4");
  EXPECT_EQ(xpath(xml, "/domain/@type"), "kvm");
  EXPECT_EQ(xpath(xml, "/domain/os/type/@machine"), "q35");
  EXPECT_EQ(xpath(xml, "/domain/devices/disk/source/@file"), "/v/a.qcow2");
  EXPECT_EQ(xpath(xml, "/domain/devices/disk/target/@bus"), "virtio");
  EXPECT_THAT(xml, testing::HasSubstr("<memory unit=\"bytes\">134217728</memory>"));
  EXPECT_THAT(xml, testing::HasSubstr("<vcpu>2</vcpu>"));
}

TEST(DomainXml, plugs_a_nic_into_a_bridge) {
  const std::string xml = kvm::domain_xml(with_nics({bridge_nic()}), "kvm", "17:4");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface/@type"), "bridge");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface/source/@bridge"), "br0");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface/mac/@address"), "52:54:00:12:34:56");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface/target/@dev"), "tn525400123456");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface/model/@type"), "virtio");
  EXPECT_THAT(xml, testing::Not(testing::HasSubstr("<virtualport")));
  EXPECT_THAT(xml, testing::Not(testing::HasSubstr("<vlan")));
}

TEST(DomainXml, gives_an_open_vswitch_port_its_tag_and_the_nics_uuid) {
  const std::string xml = kvm::domain_xml(with_nics({bridge_nic(), ovs_nic(100)}), "kvm", "17:4");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface[2]/vlan/tag/@id"), "100");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface[2]/virtualport/@type"), "openvswitch");
  EXPECT_EQ(xpath(xml, "/domain/devices/interface[2]/virtualport/parameters/@interfaceid"),
            "0b9c1a52-33d4-5f6a-8c1e-9f3f0a7d2b11");
}

TEST(DomainXml, sends_the_console_to_its_file_and_appends) {
  const std::string xml = kvm::domain_xml(with_console("/c/web-1"), "qemu", "17:4");
  EXPECT_EQ(xpath(xml, "/domain/devices/serial/@type"), "file");
  EXPECT_EQ(xpath(xml, "/domain/devices/serial/source/@path"), "/c/web-1");
  EXPECT_EQ(xpath(xml, "/domain/devices/serial/source/@append"), "on");
}

TEST(DomainXml, leaves_the_console_to_be_attached_to_without_a_file) {
  EXPECT_EQ(xpath(kvm::domain_xml(plain_vm(), "qemu", "17:4"), "/domain/devices/serial/@type"), "pty");
}

TEST(DomainXml, names_disks_as_the_guest_does) {
  EXPECT_EQ(kvm::disk_name(0), "vda");
  EXPECT_EQ(kvm::disk_name(25), "vdz");
  EXPECT_EQ(kvm::disk_name(26), "vdaa");
  EXPECT_EQ(kvm::disk_name(701), "vdzz");
  EXPECT_EQ(kvm::disk_name(702), "vdaaa");
}

TEST(DomainXml, is_read_back_as_it_was_written) {
  const VmDefinition vm =
      with_volumes({file_volume("/v/a & b.qcow2"), {"v", VolumeLocation{"nbd", "a", "nas", 10809}, "raw"}});
  auto read = kvm::read_domain_xml(kvm::domain_xml(vm, "qemu", "17:4 <&\""));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->uuid, vm.instance.uuid);
  EXPECT_EQ(read->name, "web-1");
  EXPECT_EQ(read->key, "17:4 <&\"");
  EXPECT_THAT(read->volumes, ElementsAre(vm.volumes[0].location, vm.volumes[1].location));
}

TEST(DomainXml, of_another_maker_has_no_key) {
  auto read = kvm::read_domain_xml(
      "<domain><name>x</name><metadata><o:other xmlns:o='urn:other' key='1'/></metadata></domain>");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->key, std::nullopt);
}

TEST(DomainXml, counts_disks_only_and_no_removable_media) {
  auto read = kvm::read_domain_xml(
      "<domain><devices><disk type='file' device='cdrom'><source file='/a.iso'/></disk>"
      "<disk type='file' device='disk'><source file='/a.qcow2'/></disk></devices></domain>");
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(read->volumes, ElementsAre(VolumeLocation{"file", "/a.qcow2", {}, {}}));
}

TEST(DomainXml, that_is_cut_off_is_an_error) {
  auto read = kvm::read_domain_xml("<domain><name>x");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, "KVM.1010");
}

}  // namespace
