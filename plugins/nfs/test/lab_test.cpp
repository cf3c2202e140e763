#include "primary_storage.h"
#include "session.h"

#include <tenon/storage/command.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

/// Against the NFS server of a lab: scripts/lab --parts nfs THIS-PROGRAM.
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using std::chrono::steady_clock;
using storage::QemuImg;
using tenon::iaas::VolumeImage;
using tenon::iaas::VolumeLocation;
using tenon::iaas::VolumeSpec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr auto kLong = 60s;
constexpr std::uint32_t kStranger = 4711;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// The lab's server, which it can let stand still.
class Server {
 public:
  explicit Server(const fs::path& export_folder) {
    std::ifstream(export_folder.parent_path() / "ganesha.pid") >> pid_;
    EXPECT_GT(pid_, 1);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { go_on(); }
  /// Returns when it does stand still: the signal alone does not say when its last thread will.
  void stop() const { EXPECT_TRUE(::storage::run_command({"sh", "-c", stopping()}, 60s).ok()); }
  void go_on() const { ::kill(pid_, SIGCONT); }
  /// What a shell does to stop it.
  [[nodiscard]] std::string stopping() const {
    const std::string pid = std::to_string(pid_);
    return "kill -STOP " + pid + "; for thread in /proc/" + pid +
           "/task/*/stat; do until grep -q ') T ' $thread; do :; done; done";
  }

 private:
  pid_t pid_ = 0;
};

/// With a folder of its own on the export, seen through NFS (`url`) and in the server's file system (`volumes`).
class NfsStorage : public testing::Test {
 protected:
  void SetUp() override {
    const std::string export_folder = variable("TENON_LAB_EXPORT");
    ASSERT_NE(export_folder, "") << "not in a lab";
    server.emplace(export_folder);
    const std::string own = testing::UnitTest::GetInstance()->current_test_info()->name();
    root = fs::path(export_folder) / own;
    volumes = root / "volumes";
    fs::create_directories(volumes);
    url = variable("TENON_LAB_NFS") + "/" + own + "/volumes";
    folder = nfs::parse_export(url).value();
  }
  void TearDown() override { fs::remove_all(root); }

  nfs::PrimaryStorage storage(QemuImg qemu_img = {}, std::chrono::milliseconds timeout = kLong) {
    return {folder, timeout, std::move(qemu_img)};
  }

  /// An image of 8 MiB beside the volumes.
  VolumeLocation image_on_the_export() {
    const fs::path image = root / "base image.qcow2";
    EXPECT_TRUE(::storage::run_command({"qemu-img", "create", "-q", "-f", "qcow2", image, "8M"}, kLong).ok());
    return {"nfs", fs::path(folder.path).parent_path() / image.filename(), folder.host, {}};
  }
  /// A program in the place of qemu-img, with its arguments, which can stop the server.
  std::string script(const std::string& text) {
    const fs::path path = root / "fake-qemu-img";
    std::ofstream(path) << "#!/bin/sh\nstop_server() {\n" << server->stopping() << "\n}\n" << text << "\n";
    ::chmod(path.c_str(), 0755);
    return path;
  }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(volumes)) names.push_back(entry.path().filename());
    return names;
  }
  static std::string info(const std::string& path_or_url) {
    return ::storage::run_command({"qemu-img", "info", "--output=json", path_or_url}, kLong).value();
  }
  std::string volume_info(const std::string& name) { return info(volumes / (name + ".qcow2")); }

  std::optional<Server> server;
  fs::path root;
  fs::path volumes;
  std::string url;
  nfs::ExportAddress folder;
};

TEST_F(NfsStorage, answers_a_ping) { EXPECT_TRUE(storage().ping().ok()); }

TEST_F(NfsStorage, tells_the_capacity_of_the_servers_file_system) {
  const auto capacity = storage().capacity().value();
  struct statvfs space {};
  ASSERT_EQ(::statvfs(volumes.c_str(), &space), 0);
  EXPECT_EQ(capacity.total / kMiB, space.f_blocks * space.f_frsize / kMiB);
  EXPECT_GT(capacity.available, 0u);
  EXPECT_LE(capacity.available, capacity.total);
}

TEST_F(NfsStorage, makes_an_empty_qcow2_volume_of_a_size) {
  const auto volume = storage().create_volume({"a", 3 * kMiB, {}}).value();
  EXPECT_EQ(volume.name, "a");
  EXPECT_EQ(volume.format, "qcow2");
  EXPECT_EQ(volume.location, (VolumeLocation{"nfs", folder.path + "/a.qcow2", folder.host, {}}));
  EXPECT_THAT(volume_info("a"), HasSubstr("\"virtual-size\": 3145728"));
  EXPECT_THAT(volume_info("a"), HasSubstr("\"format\": \"qcow2\""));
  EXPECT_THAT(info(url + "/a.qcow2"), HasSubstr("\"virtual-size\": 3145728"));
  EXPECT_EQ(storage().volume_at(volume.location), "a");
}

TEST_F(NfsStorage, leaves_only_whole_volumes) {
  ASSERT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
  EXPECT_EQ(fs::hard_link_count(volumes / "a.qcow2"), 1u);
}

TEST_F(NfsStorage, makes_a_volume_over_an_image_on_the_export_and_of_its_size) {
  const VolumeSpec spec{"a", {}, VolumeImage{image_on_the_export(), "qcow2"}};
  ASSERT_TRUE(storage().create_volume(spec).ok());
  EXPECT_THAT(volume_info("a"), HasSubstr("\"virtual-size\": 8388608"));
  EXPECT_THAT(volume_info("a"), HasSubstr("\"backing-filename\": \"nfs://127.0.0.1/export/"
                                          "makes_a_volume_over_an_image_on_the_export_and_of_its_size/"
                                          "base%20image.qcow2\""));
  // QEMU finds its way from one to the other.
  EXPECT_TRUE(
      ::storage::run_command({"qemu-img", "compare", url + "/a.qcow2", (root / "base image.qcow2").string()}, kLong)
          .ok());
}

TEST_F(NfsStorage, makes_a_volume_over_an_image_of_the_host) {
  const fs::path image = fs::path(variable("TENON_LAB_DIR")) / "work" / "host image.raw";
  std::ofstream(image) << "raw";
  fs::resize_file(image, 2 * kMiB);
  VolumeSpec spec{"a", 20 * kMiB, VolumeImage{{"file", image, {}, {}}, "raw"}};
  ASSERT_TRUE(storage().create_volume(spec).ok());
  EXPECT_THAT(volume_info("a"), HasSubstr("\"backing-filename\": \"" + image.string() + "\""));
  EXPECT_THAT(volume_info("a"), HasSubstr("\"backing-filename-format\": \"raw\""));
  EXPECT_THAT(volume_info("a"), HasSubstr("\"virtual-size\": 20971520"));
  fs::remove(image);
}

TEST_F(NfsStorage, returns_a_volume_that_is_there_already_untouched) {
  const auto first = storage().create_volume({"a", kMiB, {}}).value();
  struct stat before {};
  ASSERT_EQ(::stat((volumes / "a.qcow2").c_str(), &before), 0);
  EXPECT_EQ(storage({"no-such-program-anywhere", 1s}).create_volume({"a", kMiB, {}}).value(), first);
  struct stat after {};
  ASSERT_EQ(::stat((volumes / "a.qcow2").c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
}

TEST_F(NfsStorage, gives_two_attempts_at_once_one_volume) {
  auto shared = storage();
  auto attempt = [&](std::string& error) {
    const auto made = shared.create_volume({"a", kMiB, {}});
    if (!made) error = made.error().to_string();
  };
  std::string first;
  std::string second;
  std::thread one([&] { attempt(first); });
  std::thread two([&] { attempt(second); });
  one.join();
  two.join();
  EXPECT_EQ(first, "");
  EXPECT_EQ(second, "");
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
}

TEST_F(NfsStorage, never_replaces_a_volume_that_came_meanwhile) {
  const std::string slower = script("echo first > '" + (volumes / "a.qcow2").string() + "'; exec qemu-img \"$@\"");
  ASSERT_TRUE(storage({slower, kLong}).create_volume({"a", kMiB, {}}).ok());
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
  EXPECT_EQ(fs::file_size(volumes / "a.qcow2"), 6u);
}

TEST_F(NfsStorage, takes_nothing_but_a_file_for_a_volume) {
  fs::create_directory(volumes / "a.qcow2");
  const auto where = url + "/a.qcow2: ";
  auto created = storage().create_volume({"a", kMiB, {}});
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().to_string(),
            "NFS.1005: a volume's file can't be handled: " + where + "it is no regular file");
  auto deleted = storage().delete_volume("a");
  ASSERT_FALSE(deleted.ok());
  EXPECT_EQ(deleted.error().to_string(),
            "NFS.1005: a volume's file can't be handled: " + where + "removal: Is a directory");
}

TEST_F(NfsStorage, leaves_nothing_when_the_image_is_missing_and_says_what_qemu_img_says) {
  VolumeSpec spec{"a", {}, VolumeImage{{"nfs", folder.path + "/none.qcow2", folder.host, {}}, "qcow2"}};
  auto volume = storage().create_volume(spec);
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "STORAGE.1102");
  EXPECT_THAT(volume.error().details, HasSubstr("/none.qcow2 failed with NFS3ERR_NOENT"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NfsStorage, leaves_nothing_when_qemu_img_fails_after_its_work) {
  auto volume = storage({script("qemu-img \"$@\"; echo disk full >&2; exit 1"), kLong}).create_volume({"a", kMiB, {}});
  ASSERT_FALSE(volume.ok());
  EXPECT_THAT(volume.error().details, HasSubstr("ended with code 1: disk full"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NfsStorage, gives_up_on_a_qemu_img_that_hangs_and_leaves_nothing) {
  auto volume = storage({script("qemu-img \"$@\"; exec sleep 1000"), 5s}).create_volume({"a", kMiB, {}});
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "STORAGE.1103");
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NfsStorage, lets_a_late_creation_make_no_volume_after_its_deletion) {
  // The pipe holds qemu-img back until the volume has been deleted.
  const fs::path pipe = root / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  auto shared = storage({script("qemu-img \"$@\"; read line < '" + pipe.string() + "'"), kLong});
  tenon::Result<tenon::iaas::Volume> late = tenon::make_error("", "");
  std::thread creation([&] { late = shared.create_volume({"a", kMiB, {}}); });
  std::ofstream hold(pipe);  // qemu-img is through
  ASSERT_TRUE(shared.delete_volume("a").ok());
  hold << "go on\n" << std::flush;
  creation.join();
  EXPECT_FALSE(late.ok());
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NfsStorage, deletes_a_volume_with_what_was_left_of_it_and_only_that) {
  // Before anything asks the server, which would not look again for what comes behind its back.
  for (const char* volume : {"a.qcow2", "a.b.qcow2"}) std::ofstream(volumes / volume) << "whole";
  std::ofstream(volumes / ".a~4711") << "half, of a process that died";
  std::ofstream(volumes / ".a.b~1") << "unfinished, of the other volume";
  ASSERT_TRUE(storage().delete_volume("a").ok());
  EXPECT_THAT(files(), UnorderedElementsAre("a.b.qcow2", ".a.b~1"));
}

TEST_F(NfsStorage, clears_away_what_a_killed_attempt_left_when_it_makes_the_volume) {
  std::ofstream(volumes / ".a~4711") << "half";
  std::ofstream(volumes / ".b~4711") << "of another volume";
  ASSERT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
  EXPECT_THAT(files(), UnorderedElementsAre("a.qcow2", ".b~4711"));
  fs::create_hard_link(volumes / "a.qcow2", volumes / ".a~4712");  // killed after it had linked the volume
  ASSERT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
  EXPECT_THAT(files(), UnorderedElementsAre("a.qcow2", ".b~4711"));
}

TEST_F(NfsStorage, lets_an_attempt_that_lost_its_file_to_a_faster_one_find_the_volume) {
  const fs::path pipe = root / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  auto slow = storage({script("qemu-img \"$@\"; read line < '" + pipe.string() + "'"), kLong});
  tenon::Result<tenon::iaas::Volume> late = tenon::make_error("", "");
  std::thread creation([&] { late = slow.create_volume({"a", kMiB, {}}); });
  std::ofstream hold(pipe);  // qemu-img is through
  const auto fast = storage().create_volume({"a", kMiB, {}});
  hold << "go on\n" << std::flush;
  creation.join();
  ASSERT_TRUE(fast.ok());
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(*late, *fast);
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
}

TEST_F(NfsStorage, finds_what_was_left_of_a_volume_among_many_files) {
  for (int i = 0; i < 2000; ++i) std::ofstream(volumes / (std::to_string(i) + std::string(100, 'x') + ".qcow2"));
  std::ofstream(volumes / ".a~1") << "half";
  ASSERT_TRUE(storage().delete_volume("a").ok());
  EXPECT_FALSE(fs::exists(volumes / ".a~1"));
  EXPECT_EQ(files().size(), 2000u);
}

TEST_F(NfsStorage, lists_all_that_is_there) {
  EXPECT_THAT(storage().list().value(), IsEmpty());
  std::ofstream(volumes / ".a~7-0") << "unfinished";
  fs::create_directory(volumes / "lost+found");
  ASSERT_TRUE(storage().create_volume({"b", kMiB, {}}).ok());
  EXPECT_THAT(storage().list().value(), ElementsAre(".a~7-0", "b.qcow2", "lost+found"));
}

TEST_F(NfsStorage, has_nothing_to_do_for_a_volume_that_is_gone) { EXPECT_TRUE(storage().delete_volume("a").ok()); }

TEST_F(NfsStorage, says_that_there_is_no_such_folder_and_makes_none) {
  fs::remove(volumes);
  for (const auto& error : {storage().ping().error(), storage().capacity().error(),
                            storage().create_volume({"a", kMiB, {}}).error(), storage().delete_volume("a").error()}) {
    EXPECT_EQ(error.code, "NFS.1002");
    EXPECT_THAT(error.details, HasSubstr(url + ": mount: "));
  }
  EXPECT_FALSE(fs::exists(volumes));
}

TEST_F(NfsStorage, says_that_it_may_not_write_before_anything_is_made) {
  folder.uid = kStranger;
  folder.gid = kStranger;
  EXPECT_EQ(storage().ping().error().to_string(),
            "NFS.1002: the export can't be used: " + url + ": access: Permission denied");
  EXPECT_EQ(storage({"no-such-program-anywhere", 1s}).create_volume({"a", kMiB, {}}).error().code, "NFS.1002");
}

TEST_F(NfsStorage, says_that_it_may_not_delete) {
  ASSERT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
  folder.uid = kStranger;
  folder.gid = kStranger;
  EXPECT_EQ(storage().delete_volume("a").error().to_string(),
            "NFS.1005: a volume's file can't be handled: " + url + "/a.qcow2: removal: Permission denied");
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
}

TEST_F(NfsStorage, makes_its_files_as_the_user_of_its_url) {
  ASSERT_EQ(::chown(volumes.c_str(), kStranger, kStranger + 1), 0);
  ASSERT_EQ(::chmod(volumes.c_str(), 0700), 0);
  folder.uid = kStranger;
  folder.gid = kStranger + 1;
  ASSERT_TRUE(storage().ping().ok());
  ASSERT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
  struct stat status {};
  ASSERT_EQ(::stat((volumes / "a.qcow2").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kStranger);
  EXPECT_EQ(status.st_gid, kStranger + 1);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_TRUE(storage().delete_volume("a").ok());
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NfsStorage, is_held_by_no_call_while_the_server_stands_still) {
  ASSERT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
  server->stop();
  const auto begin = steady_clock::now();
  auto stalled = storage({}, 300ms);
  EXPECT_EQ(stalled.ping().error().code, "NFS.1003");
  EXPECT_EQ(stalled.capacity().error().code, "NFS.1003");
  EXPECT_EQ(stalled.create_volume({"b", kMiB, {}}).error().code, "NFS.1003");
  EXPECT_EQ(stalled.delete_volume("a").error().code, "NFS.1003");
  EXPECT_LT(steady_clock::now() - begin, 30s);
  server->go_on();
  EXPECT_TRUE(storage().ping().ok());
  EXPECT_THAT(files(), ElementsAre("a.qcow2"));
}

TEST_F(NfsStorage, is_held_by_no_request_while_the_server_stands_still) {
  auto open_session = [&] { return nfs::Session::open(folder, 2s).value(); };
  ASSERT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
  auto one = open_session();
  auto two = open_session();
  auto three = open_session();
  server->stop();
  const auto begin = steady_clock::now();
  EXPECT_EQ(one->names().error().code, "NFS.1003");
  EXPECT_EQ(two->sync("a.qcow2").error().code, "NFS.1003");
  EXPECT_EQ(three->link("a.qcow2", "b.qcow2").error().code, "NFS.1003");
  // What came to no end once is not waited for again.
  EXPECT_EQ(three->remove("a.qcow2").error().code, "NFS.1003");
  EXPECT_LT(steady_clock::now() - begin, 30s);
}

TEST_F(NfsStorage, fails_in_time_when_the_server_stops_while_qemu_img_works) {
  auto halting = storage({script("stop_server; exec qemu-img \"$@\""), 2s}, 1s);
  const auto begin = steady_clock::now();
  auto volume = halting.create_volume({"a", kMiB, {}});
  EXPECT_LT(steady_clock::now() - begin, 30s);
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "STORAGE.1103");
  server->go_on();
  EXPECT_TRUE(storage().delete_volume("a").ok());
  EXPECT_TRUE(storage().create_volume({"a", kMiB, {}}).ok());
}

TEST_F(NfsStorage, leaves_what_a_deletion_finds_when_the_server_stops_before_the_volume_has_its_name) {
  auto halting = storage({script("qemu-img \"$@\" && stop_server"), kLong}, 2s);
  auto volume = halting.create_volume({"a", kMiB, {}});
  ASSERT_FALSE(volume.ok());
  EXPECT_EQ(volume.error().code, "NFS.1003");
  EXPECT_EQ(files().size(), 1u);
  EXPECT_THAT(files()[0], testing::StartsWith(".a~"));
  server->go_on();
  ASSERT_TRUE(storage().delete_volume("a").ok());
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(NfsStorage, goes_on_through_many_volumes) {
  auto shared = storage();
  const auto begin = steady_clock::now();
  std::chrono::duration<double, std::milli> pings{};
  constexpr int kCount = 100;
  for (int i = 0; i < kCount; ++i) {
    const std::string name = "a" + std::to_string(i);
    ASSERT_TRUE(shared.create_volume({name, kMiB, {}}).ok());
    const auto before = steady_clock::now();
    ASSERT_TRUE(shared.ping().ok());
    pings += steady_clock::now() - before;
    ASSERT_TRUE(shared.delete_volume(name).ok());
  }
  const std::chrono::duration<double, std::milli> all = steady_clock::now() - begin;
  RecordProperty("ms_a_volume", std::to_string((all - pings).count() / kCount));
  std::cout << "create and delete: " << (all - pings).count() / kCount << " ms; ping: " << pings.count() / kCount
            << " ms\n";
}

}  // namespace
