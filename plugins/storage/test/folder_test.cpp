#include "folder.h"

#include <tenon/storage/command.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using storage::Folder;
using tenon::iaas::VolumeImage;
using tenon::iaas::VolumeLocation;
using tenon::iaas::VolumeSpec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMiB = 1 << 20;

/// With the real qemu-img, in a folder of its own.
class FolderStorage : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "tenon-folder-XXXXXX";
    root = ::mkdtemp(pattern.data());
    volumes = root / "volumes";
    fs::create_directory(volumes);
    image = root / "base image.qcow2";
    ASSERT_TRUE(storage::run_command({"qemu-img", "create", "-q", "-f", "qcow2", image, "8M"}, 60s).ok());
  }
  void TearDown() override { fs::remove_all(root); }

  Folder folder(storage::QemuImg qemu_img = {}) { return Folder(volumes, std::move(qemu_img)); }
  VolumeSpec from_image(const std::string& name) { return {name, {}, VolumeImage{{"file", image, {}, {}}, "qcow2"}}; }

  /// A program in the place of qemu-img.
  std::string script(const std::string& text) {
    const fs::path path = root / "fake-qemu-img";
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    ::chmod(path.c_str(), 0755);
    return path;
  }

  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(volumes)) names.push_back(entry.path().filename());
    return names;
  }
  std::string image_info(const fs::path& path) {
    return storage::run_command({"qemu-img", "info", "--output=json", path}, 60s).value();
  }

  fs::path root;
  fs::path volumes;
  fs::path image;
};

TEST_F(FolderStorage, answers_a_ping) { EXPECT_TRUE(folder().ping().ok()); }

TEST_F(FolderStorage, says_that_its_folder_is_missing_and_makes_none) {
  fs::remove(volumes);
  auto ping = folder().ping();
  ASSERT_FALSE(ping.ok());
  EXPECT_EQ(ping.error().to_string(),
            "STORAGE.1001: the folder can't be used: " + volumes.string() + ": No such file or directory");
  EXPECT_EQ(folder().create_volume({"a", kMiB, {}}).error().code, "STORAGE.1001");
  EXPECT_FALSE(fs::exists(volumes));
}

TEST_F(FolderStorage, tells_the_capacity_of_its_file_system) {
  const auto capacity = folder().capacity().value();
  EXPECT_EQ(capacity.total, fs::space(volumes).capacity);
  EXPECT_GT(capacity.available, 0u);
  EXPECT_LE(capacity.available, capacity.total);
}

TEST_F(FolderStorage, makes_an_empty_qcow2_volume_of_a_size) {
  const auto volume = folder().create_volume({"a", 3 * kMiB, {}}).value();
  EXPECT_EQ(volume.name, "a");
  EXPECT_EQ(volume.format, "qcow2");
  EXPECT_EQ(volume.location, (VolumeLocation{"file", volumes / "a.qcow2", {}, {}}));
  EXPECT_THAT(image_info(volume.location.path), HasSubstr("\"virtual-size\": 3145728"));
  EXPECT_THAT(image_info(volume.location.path), HasSubstr("\"format\": \"qcow2\""));
}

TEST_F(FolderStorage, makes_a_volume_over_an_image_and_of_its_size) {
  const auto volume = folder().create_volume(from_image("a")).value();
  EXPECT_THAT(image_info(volume.location.path), HasSubstr("\"backing-filename\": \"" + image.string() + "\""));
  EXPECT_THAT(image_info(volume.location.path), HasSubstr("\"virtual-size\": 8388608"));
}

TEST_F(FolderStorage, makes_a_volume_over_an_image_larger_than_it) {
  VolumeSpec spec = from_image("a");
  spec.size = 20 * kMiB;
  EXPECT_THAT(image_info(folder().create_volume(spec).value().location.path), HasSubstr("\"virtual-size\": 20971520"));
}

TEST_F(FolderStorage, takes_a_raw_image_for_raw_whatever_is_in_it) {
  VolumeSpec spec = from_image("a");
  spec.image->format = "raw";  // the file is qcow2, as a guest could write it
  EXPECT_THAT(image_info(folder().create_volume(spec).value().location.path),
              HasSubstr("\"backing-filename-format\": \"raw\""));
}

TEST_F(FolderStorage, leaves_only_whole_volumes) {
  ASSERT_TRUE(folder().create_volume({"a", kMiB, {}}).ok());
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
}

TEST_F(FolderStorage, returns_a_volume_that_is_there_already_untouched) {
  const auto first = folder().create_volume({"a", kMiB, {}}).value();
  const auto inode = [&] {
    struct stat status {};
    ::stat(first.location.path.c_str(), &status);
    return status.st_ino;
  };
  const auto before = inode();
  EXPECT_EQ(folder().create_volume({"a", kMiB, {}}).value(), first);
  EXPECT_EQ(inode(), before);
}

TEST_F(FolderStorage, gives_two_attempts_at_once_one_volume) {
  Folder storage = folder();
  std::atomic<int> good{0};
  auto attempt = [&] { good += storage.create_volume({"a", kMiB, {}}).ok() ? 1 : 0; };
  std::thread one(attempt);
  std::thread two(attempt);
  one.join();
  two.join();
  EXPECT_EQ(good, 2);
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
}

TEST_F(FolderStorage, leaves_nothing_when_the_image_is_missing_and_says_what_qemu_img_says) {
  VolumeSpec spec = from_image("a");
  spec.image->location.path = "/nonexistent/base.qcow2";
  auto volume = folder().create_volume(spec);
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "STORAGE.1102");
  EXPECT_THAT(volume.error().details, HasSubstr("Could not open '/nonexistent/base.qcow2': No such file or directory"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FolderStorage, leaves_nothing_when_qemu_img_fails_half_way) {
  // The target is the last argument but one when a size is given.
  auto volume = folder({script("for a; do t=$l; l=$a; done; echo half > \"$t\"; echo disk full >&2; exit 1"), 60s})
                    .create_volume({"a", kMiB, {}});
  ASSERT_FALSE(volume.ok());
  EXPECT_THAT(volume.error().details, HasSubstr("ended with code 1: disk full"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FolderStorage, gives_up_on_a_qemu_img_that_hangs_and_leaves_nothing) {
  auto volume = folder({script("for a; do t=$l; l=$a; done; echo half > \"$t\"; exec sleep 1000"), 1s})
                    .create_volume({"a", kMiB, {}});
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "STORAGE.1103");
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FolderStorage, lets_a_late_creation_make_no_volume_after_its_deletion) {
  // The pipe holds qemu-img back until the volume has been deleted.
  const fs::path pipe = root / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Folder storage =
      folder({script("for a; do t=$l; l=$a; done; echo x > \"$t\"; read line < '" + pipe.string() + "'"), 60s});
  tenon::Result<tenon::iaas::Volume> late = tenon::make_error("", "");
  std::thread creation([&] { late = storage.create_volume({"a", kMiB, {}}); });
  while (files().empty()) std::this_thread::yield();
  ASSERT_TRUE(storage.delete_volume("a").ok());
  std::ofstream(pipe) << "go on\n";
  creation.join();
  EXPECT_FALSE(late.ok());
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FolderStorage, deletes_a_volume_and_only_that) {
  ASSERT_TRUE(folder().create_volume({"a", kMiB, {}}).ok());
  ASSERT_TRUE(folder().create_volume({"a.b", kMiB, {}}).ok());
  std::ofstream(volumes / ".a.b~1-1") << "unfinished, of the other volume";
  ASSERT_TRUE(folder().delete_volume("a").ok());
  EXPECT_THAT(files(), testing::UnorderedElementsAre("a.b.qcow2", ".a.b~1-1"));
}

TEST_F(FolderStorage, has_nothing_to_do_for_a_volume_that_is_gone) { EXPECT_TRUE(folder().delete_volume("a").ok()); }

TEST_F(FolderStorage, deletes_what_a_process_that_died_left_of_a_volume) {
  std::ofstream(volumes / ".a~4711-0") << "half";
  ASSERT_TRUE(folder().delete_volume("a").ok());
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FolderStorage, clears_away_what_a_killed_attempt_left_when_it_makes_the_volume) {
  std::ofstream(volumes / ".a~4711-0") << "half";
  std::ofstream(volumes / ".b~4711-0") << "of another volume";
  ASSERT_TRUE(folder().create_volume({"a", kMiB, {}}).ok());
  EXPECT_THAT(files(), testing::UnorderedElementsAre("a.qcow2", ".b~4711-0"));
  fs::create_hard_link(volumes / "a.qcow2", volumes / ".a~4712-0");  // killed after it had linked the volume
  ASSERT_TRUE(folder().create_volume({"a", kMiB, {}}).ok());
  EXPECT_THAT(files(), testing::UnorderedElementsAre("a.qcow2", ".b~4711-0"));
}

TEST_F(FolderStorage, lets_an_attempt_that_lost_its_file_to_a_faster_one_find_the_volume) {
  const fs::path pipe = root / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Folder slow =
      folder({script("for a; do t=$l; l=$a; done; echo x > \"$t\"; read line < '" + pipe.string() + "'"), 60s});
  tenon::Result<tenon::iaas::Volume> late = tenon::make_error("", "");
  std::thread creation([&] { late = slow.create_volume({"a", kMiB, {}}); });
  while (files().empty()) std::this_thread::yield();
  const auto fast = folder().create_volume({"a", kMiB, {}});
  std::ofstream(pipe) << "go on\n";
  creation.join();
  ASSERT_TRUE(fast.ok());
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(*late, *fast);
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
}

TEST_F(FolderStorage, says_why_a_volume_cannot_be_deleted) {
  fs::create_directory(volumes / "a.qcow2");
  auto deleted = folder().delete_volume("a");
  ASSERT_FALSE(deleted.ok());
  EXPECT_EQ(deleted.error().to_string(),
            "STORAGE.1003: a volume's file can't be handled: " + (volumes / "a.qcow2").string() + ": Is a directory");
}

TEST_F(FolderStorage, lists_all_that_is_there) {
  EXPECT_THAT(folder().list().value(), IsEmpty());
  ASSERT_TRUE(folder().create_volume({"b", kMiB, {}}).ok());
  std::ofstream(volumes / ".a~7-0") << "unfinished";
  fs::create_directory(volumes / "lost+found");
  EXPECT_THAT(folder().list().value(), ElementsAre(".a~7-0", "b.qcow2", "lost+found"));
  fs::remove_all(volumes);
  EXPECT_EQ(folder().list().error().code, "STORAGE.1001");
}

TEST_F(FolderStorage, knows_its_volumes_by_their_place) {
  const auto volume = folder().create_volume({"a.b", kMiB, {}}).value();
  EXPECT_EQ(folder().volume_at(volume.location), "a.b");
  EXPECT_EQ(folder().volume_at({"file", volumes / "sub" / ".." / "a.b.qcow2", {}, {}}), "a.b");
  EXPECT_EQ(folder().volume_at({"file", image, {}, {}}), std::nullopt);
  EXPECT_EQ(folder().volume_at({"file", volumes / "sub" / "a.qcow2", {}, {}}), std::nullopt);
  EXPECT_EQ(folder().volume_at({"file", volumes / "a.raw", {}, {}}), std::nullopt);
  EXPECT_EQ(folder().volume_at({"nfs", volumes / "a.qcow2", "nas", {}}), std::nullopt);
}

struct BadSpec {
  const char* name;
  VolumeSpec spec;
  const char* details;
};

class FolderOrder : public FolderStorage, public testing::WithParamInterface<BadSpec> {};

TEST_P(FolderOrder, is_refused_with_the_reason) {
  auto volume = folder().create_volume(GetParam().spec);
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "STORAGE.1002");
  EXPECT_EQ(volume.error().details, GetParam().details);
  EXPECT_THAT(files(), IsEmpty());
}

VolumeSpec with_image(const char* protocol, const char* path, const char* format) {
  return {"a", {}, VolumeImage{{protocol, path, {}, {}}, format}};
}

INSTANTIATE_TEST_SUITE_P(ThatMakesNoSense, FolderOrder,
                         testing::Values(BadSpec{"escaping_name", {"../a", kMiB, {}}, "name '../a'"},
                                         BadSpec{"hidden_name", {".a", kMiB, {}}, "name '.a'"},
                                         BadSpec{"no_name", {"", kMiB, {}}, "name ''"},
                                         BadSpec{"option_as_name", {"-a", kMiB, {}}, "name '-a'"},
                                         BadSpec{"nothing", {"a", {}, {}}, "a has neither a size nor an image"},
                                         BadSpec{"no_size", {"a", 0, {}}, "a has the size 0"},
                                         BadSpec{"relative_image", with_image("file", "json:{}", "qcow2"),
                                                 "a has an image that is no file with an absolute path: file json:{}"},
                                         BadSpec{"image_elsewhere", with_image("nfs", "/a", "qcow2"),
                                                 "a has an image that is no file with an absolute path: nfs /a"},
                                         BadSpec{"odd_format", with_image("file", "/a", "vmdk"),
                                                 "a has an image of the format 'vmdk', expected qcow2 or raw"}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(FolderStorageFactory, refuses_a_url_that_is_no_absolute_path) {
  storage::FolderFactory factory;
  auto made = factory.create({"attic", "Folder", "volumes"});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().to_string(),
            "STORAGE.1004: not the url of a folder: storage attic: expected an absolute path, found 'volumes'");
}

TEST(FolderStorageFactory, takes_a_path_with_a_slash_at_its_end) {
  storage::FolderFactory factory;
  auto made = factory.create({"attic", "Folder", "/srv/volumes/"}).value();
  EXPECT_EQ(made->volume_at({"file", "/srv/volumes/a.qcow2", {}, {}}), "a");
}

}  // namespace
