#include "export_address.h"

#include "primary_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using nfs::parse_export;
using tenon::iaas::VolumeImage;
using tenon::iaas::VolumeLocation;
using tenon::iaas::VolumeSpec;
using testing::HasSubstr;

TEST(NfsUrl, names_a_server_and_a_folder) {
  const auto address = parse_export("nfs://nas.example.org/export/volumes").value();
  EXPECT_EQ(address.host, "nas.example.org");
  EXPECT_EQ(address.path, "/export/volumes");
  EXPECT_EQ(address.uid, std::nullopt);
  EXPECT_EQ(address.gid, std::nullopt);
  EXPECT_EQ(address.port, std::nullopt);
}

TEST(NfsUrl, says_who_asks) {
  const auto address = parse_export("nfs://10.0.0.1/export?uid=64055&gid=0").value();
  EXPECT_EQ(address.uid, 64055u);
  EXPECT_EQ(address.gid, 0u);
  EXPECT_EQ(url_of(address, "a.qcow2"), "nfs://10.0.0.1/export/a.qcow2?uid=64055&gid=0");
  EXPECT_EQ(url_of(parse_export("nfs://nas/export?gid=7").value(), "a"), "nfs://nas/export/a?gid=7");
}

TEST(NfsUrl, may_name_one_folder_in_many_ways) {
  for (const char* url : {"nfs://nas/a/b/", "nfs://nas//a/./b", "nfs://nas/a/c/../b//", "nfs://nas/%61/b"}) {
    EXPECT_EQ(parse_export(url).value().path, "/a/b") << url;
  }
}

TEST(NfsUrl, holds_any_path_and_gives_it_back) {
  const auto address = parse_export("nfs://nas/a%20b/100%25%3f/%C3%A4~").value();
  EXPECT_EQ(address.path, "/a b/100%?/\xC3\xA4~");
  EXPECT_EQ(nfs::url_of(address.host, address.path), "nfs://nas/a%20b/100%25%3F/%C3%A4~");
}

struct BadUrl {
  const char* url;
  const char* reason;
};

class NfsUrlThat : public testing::TestWithParam<BadUrl> {};

TEST_P(NfsUrlThat, is_none_is_refused_with_the_reason) {
  nfs::PrimaryStorageFactory factory;
  auto made = factory.create({"attic", "NFS", GetParam().url});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().to_string(), std::string("NFS.1001: not the url of an NFS export: storage attic: '") +
                                          GetParam().url + "': " + GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Each, NfsUrlThat,
    testing::Values(BadUrl{"", "expected nfs://HOST/FOLDER"}, BadUrl{"/export", "expected nfs://HOST/FOLDER"},
                    BadUrl{"http://nas/export", "expected nfs://HOST/FOLDER"}, BadUrl{"nfs:///export", "no host: ''"},
                    BadUrl{"nfs://-v/export", "no host: '-v'"}, BadUrl{"nfs://a b/export", "no host: 'a b'"},
                    BadUrl{"nfs://me@nas/export", "no host: 'me@nas'"}, BadUrl{"nfs://nas", "no folder"},
                    BadUrl{"nfs://nas/", "no folder"}, BadUrl{"nfs://nas/a/..", "no folder"},
                    BadUrl{"nfs://nas/%2", "the folder is not written as in a URL"},
                    BadUrl{"nfs://nas/%zz", "the folder is not written as in a URL"},
                    BadUrl{"nfs://nas/a%00b", "the folder is not written as in a URL"},
                    BadUrl{"nfs://nas/a#b", "the folder is not written as in a URL"},
                    BadUrl{"nfs://nas:2049/a", "QEMU takes neither a port nor an IPv6 address here: 'nas:2049'"},
                    BadUrl{"nfs://[::1]/a", "QEMU takes neither a port nor an IPv6 address here: '[::1]'"},
                    BadUrl{"nfs://nas/a?version=4", "expected uid or gid, found 'version'"},
                    BadUrl{"nfs://nas/a?uid=root", "uid is no number: 'root'"},
                    BadUrl{"nfs://nas/a?gid=", "gid is no number: ''"},
                    BadUrl{"nfs://nas/a?uid=4294967296", "uid is no number: '4294967296'"}));

TEST(NfsStorage, knows_its_volumes_by_their_place) {
  auto storage = nfs::PrimaryStorageFactory().create({"attic", "NFS", "nfs://nas/export/volumes/"}).value();
  EXPECT_EQ(storage->volume_at({"nfs", "/export/volumes/a.b.qcow2", "nas", {}}), "a.b");
  EXPECT_EQ(storage->volume_at({"nfs", "/export/sub/../volumes/a.qcow2", "nas", {}}), "a");
  EXPECT_EQ(storage->volume_at({"nfs", "/export/volumes/a.qcow2", "other", {}}), std::nullopt);
  EXPECT_EQ(storage->volume_at({"nfs", "/export/volumes/a.qcow2", {}, {}}), std::nullopt);
  EXPECT_EQ(storage->volume_at({"nfs", "/export/a.qcow2", "nas", {}}), std::nullopt);
  EXPECT_EQ(storage->volume_at({"nfs", "/export/volumes/sub/a.qcow2", "nas", {}}), std::nullopt);
  EXPECT_EQ(storage->volume_at({"nfs", "/export/volumes/a.raw", "nas", {}}), std::nullopt);
  EXPECT_EQ(storage->volume_at({"nfs", "/export/volumes/.a~1.qcow2", "nas", {}}), std::nullopt);
  EXPECT_EQ(storage->volume_at({"file", "/export/volumes/a.qcow2", "nas", {}}), std::nullopt);
}

struct BadOrder {
  const char* name;
  VolumeSpec spec;
  const char* details;
};

/// Before the server is asked, which is not there.
class NfsOrder : public testing::TestWithParam<BadOrder> {};

TEST_P(NfsOrder, is_refused_with_the_reason) {
  auto storage = nfs::PrimaryStorageFactory().create({"attic", "NFS", "nfs://127.0.0.1/nowhere"}).value();
  auto volume = storage->create_volume(GetParam().spec);
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "STORAGE.1002");
  EXPECT_EQ(volume.error().details, GetParam().details);
}

VolumeSpec with_image(VolumeLocation location, const char* format = "qcow2") {
  return {"a", {}, VolumeImage{std::move(location), format}};
}

INSTANTIATE_TEST_SUITE_P(
    ThatMakesNoSense, NfsOrder,
    testing::Values(BadOrder{"escaping_name", {"../a", 1024, {}}, "name '../a'"},
                    BadOrder{"nothing", {"a", {}, {}}, "a has neither a size nor an image"},
                    BadOrder{"odd_format", with_image({"nfs", "/x/a", "nas", {}}, "vmdk"),
                             "a has an image of the format 'vmdk', expected qcow2 or raw"},
                    BadOrder{"relative_file", with_image({"file", "json:{}", {}, {}}),
                             "a has an image that is no file with an absolute path: file json:{}"},
                    BadOrder{"other_protocol", with_image({"iscsi", "/a", "nas", {}}),
                             "a has an image that is no file with an absolute path: iscsi /a"},
                    BadOrder{"image_nowhere", with_image({"nfs", "/x/a", {}, {}}),
                             "a has an image that QEMU can't open by NFS: host '', path '/x/a'"},
                    BadOrder{"image_with_a_port", with_image({"nfs", "/x/a", "nas", 2049}),
                             "a has an image that QEMU can't open by NFS: host 'nas', path '/x/a', with a port"},
                    BadOrder{"image_of_a_path_without_a_slash", with_image({"nfs", "x/a", "nas", {}}),
                             "a has an image that QEMU can't open by NFS: host 'nas', path 'x/a'"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(NfsDeletion, is_refused_for_a_name_that_no_volume_has) {
  auto storage = nfs::PrimaryStorageFactory().create({"attic", "NFS", "nfs://127.0.0.1/nowhere"}).value();
  EXPECT_THAT(storage->delete_volume("../a").error().to_string(), HasSubstr("STORAGE.1002"));
}

}  // namespace
