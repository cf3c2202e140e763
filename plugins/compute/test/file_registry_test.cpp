#include "file_registry.h"

#include "support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

namespace {

namespace fs = std::filesystem;
using compute::FileRegistry;
using tenon::iaas::HostRecord;
using tenon::iaas::ImageRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmRecord;
using tenon::test::read_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

HostRecord host(const std::string& name) { return {name, "KVM", "qemu+ssh://" + name + "/system"}; }

VmRecord vm(const std::string& name, const std::string& number = "1") {
  VmRecord record;
  record.instance = {"6695eb01-f6a4-4304-79aa-97f2502e190" + number, name, 1, 134217728, std::nullopt};
  record.host = "one";
  record.primary_storage = "local";
  record.image = "base";
  record.volumes = {{"root", {"nfs", "/export/root.qcow2", "127.0.0.1", 2049}, "qcow2"}};
  record.nics = {Nic{"0b9c1a52-33d4-5f6a-8c1e-9f3f0a7d2b1" + number,
                     "52:54:00:00:00:0" + number,
                     {"blue", "Openvswitch", {}, "br0", 100},
                     "tn52540000000" + number,
                     "virtio"}};
  return record;
}

class Registry : public testing::Test {
 protected:
  void SetUp() override { registry = open(); }
  std::unique_ptr<FileRegistry> open() {
    auto opened = std::make_unique<FileRegistry>();
    opened->set_file(file());
    opened->start();
    return opened;
  }
  std::string refusal_of(const std::string& text) {
    folder.write("registry.json", text);
    try {
      open();
      return "none";
    } catch (const tenon::Error& e) {
      EXPECT_EQ(read_file(file()), text) << "what is broken was overwritten";
      EXPECT_EQ(e.error().code, "REGISTRY.1005");
      const std::string& details = e.error().details;
      EXPECT_THAT(details, StartsWith(file().string() + ":"));
      return details.substr(file().string().size() + 1);
    }
  }
  void add_all(FileRegistry& to) {
    to.hosts().add(host("one"), "1:2").value();
    to.primary_storages().add({"local", "Folder", "/v"}, "2:2").value();
    to.l2_networks().add({"blue", "Openvswitch", {}, "br0", 100}, "3:3").value();
    to.images().add({"base", "/images/base.qcow2", "qcow2"}, "4:2").value();
    to.vms().add(vm("web"), "5:7").value();
  }
  [[nodiscard]] fs::path file() const { return folder.path() / "registry.json"; }

  tenon::test::TempFolder folder;
  std::unique_ptr<FileRegistry> registry;
};

TEST_F(Registry, begins_empty_and_makes_its_file_and_folder_when_there_is_something_to_keep) {
  FileRegistry elsewhere;
  elsewhere.set_file(folder.path() / "a" / "b" / "registry.json");
  elsewhere.start();
  EXPECT_THAT(elsewhere.hosts().list(), IsEmpty());
  EXPECT_FALSE(fs::exists(folder.path() / "a"));
  ASSERT_TRUE(elsewhere.hosts().add(host("one"), "1:2").ok());
  EXPECT_TRUE(fs::exists(folder.path() / "a" / "b" / "registry.json"));
}

TEST_F(Registry, finds_after_a_restart_what_it_kept) {
  add_all(*registry);
  const auto again = open();
  EXPECT_EQ(again->hosts().find("one"), host("one"));
  EXPECT_EQ(again->primary_storages().find("local"), (PrimaryStorageRecord{"local", "Folder", "/v"}));
  EXPECT_EQ(again->l2_networks().find("blue"), (L2NetworkRecord{"blue", "Openvswitch", {}, "br0", 100}));
  EXPECT_EQ(again->images().find("base"), (ImageRecord{"base", "/images/base.qcow2", "qcow2"}));
  EXPECT_EQ(again->vms().find(vm("web").instance.uuid), vm("web"));
}

TEST_F(Registry, lists_in_the_order_of_names) {
  for (const char* name : {"b", "c", "a"}) registry->hosts().add(host(name), "1:2").value();
  EXPECT_THAT(registry->hosts().list(), ElementsAre(host("a"), host("b"), host("c")));
}

TEST_F(Registry, takes_a_repeated_step_for_the_same) {
  ASSERT_TRUE(registry->hosts().add(host("one"), "1:2").ok());
  const std::string kept = read_file(file());
  EXPECT_TRUE(registry->hosts().add(host("one"), "1:2").ok());
  EXPECT_EQ(read_file(file()), kept);
}

TEST_F(Registry, refuses_a_name_that_another_step_has_taken) {
  registry->hosts().add(host("one"), "1:2").value();
  auto added = registry->hosts().add(host("one"), "7:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().to_string(), "REGISTRY.1002: another one is registered already: host one");
}

TEST_F(Registry, refuses_another_record_of_the_same_step) {
  registry->hosts().add(host("one"), "1:2").value();
  EXPECT_FALSE(registry->hosts().add({"one", "KVM", "qemu:///system"}, "1:2").ok());
  EXPECT_EQ(registry->hosts().find("one"), host("one"));
}

TEST_F(Registry, refuses_the_same_host_or_storage_under_two_names) {
  registry->hosts().add({"one", "KVM", "qemu:///system"}, "1:2").value();
  auto added = registry->hosts().add({"two", "KVM", "qemu:///system"}, "2:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().details, "host one is qemu:///system too");
  registry->primary_storages().add({"one", "Folder", "/v"}, "3:2").value();
  EXPECT_FALSE(registry->primary_storages().add({"two", "Folder", "/v"}, "4:2").ok());
}

TEST_F(Registry, refuses_a_name_that_is_none) {
  auto added = registry->hosts().add({"../one", "KVM", "qemu:///system"}, "1:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "REGISTRY.1007");
}

TEST_F(Registry, lets_an_undo_remove_only_what_its_step_added) {
  registry->hosts().add(host("one"), "1:2").value();
  EXPECT_TRUE(registry->hosts().remove("one", "2:2").ok());
  EXPECT_NE(registry->hosts().find("one"), std::nullopt);
  EXPECT_TRUE(registry->hosts().remove("one", "1:2").ok());
  EXPECT_EQ(registry->hosts().find("one"), std::nullopt);
  EXPECT_TRUE(registry->hosts().remove("one", std::nullopt).ok()) << "removing what is gone may be repeated";
}

TEST_F(Registry, says_which_vms_use_what_is_to_be_removed) {
  add_all(*registry);
  const std::string user = " is used by VM web (6695eb01-f6a4-4304-79aa-97f2502e1901)";
  auto details = [](const tenon::Result<void>& removed) { return removed ? "removed" : removed.error().to_string(); };
  EXPECT_EQ(details(registry->hosts().remove("one", std::nullopt)), "REGISTRY.1003: it is in use: host one" + user);
  EXPECT_THAT(details(registry->primary_storages().remove("local", std::nullopt)),
              HasSubstr("primary storage local" + user));
  EXPECT_THAT(details(registry->l2_networks().remove("blue", std::nullopt)), HasSubstr("L2 network blue" + user));
  EXPECT_THAT(details(registry->images().remove("base", std::nullopt)), HasSubstr("image base" + user));
  registry->vms().remove(vm("web").instance.uuid, std::nullopt).value();
  EXPECT_TRUE(registry->hosts().remove("one", std::nullopt).ok());
  EXPECT_TRUE(registry->l2_networks().remove("blue", std::nullopt).ok());
}

TEST_F(Registry, names_five_users_and_counts_the_others) {
  add_all(*registry);
  for (const char* number : {"2", "3", "4", "5", "6", "7"}) registry->vms().add(vm("v", number), "6:7").value();
  auto removed = registry->hosts().remove("one", std::nullopt);
  ASSERT_FALSE(removed.ok());
  EXPECT_THAT(removed.error().details, testing::EndsWith("and 2 more"));
}

TEST_F(Registry, refuses_a_vm_whose_parts_are_not_registered_as_it_says) {
  auto missing = [&](void (*spoil)(VmRecord&)) {
    VmRecord record = vm("other", "2");
    spoil(record);
    auto added = registry->vms().add(record, "6:7");
    if (added) return std::string("added");
    EXPECT_EQ(added.error().code, "REGISTRY.1004");
    return added.error().details.substr(added.error().details.find("needs"));
  };
  add_all(*registry);
  EXPECT_EQ(missing([](VmRecord& r) { r.host = "two"; }), "needs host two");
  EXPECT_EQ(missing([](VmRecord& r) { r.primary_storage = "nfs"; }), "needs primary storage nfs");
  EXPECT_EQ(missing([](VmRecord& r) { r.image = "other"; }), "needs image other");
  EXPECT_EQ(missing([](VmRecord& r) { r.nics[0].network.name = "green"; }), "needs L2 network green");
  EXPECT_EQ(missing([](VmRecord& r) { r.nics[0].network.vlan = 200; }), "needs L2 network blue as it was");
  EXPECT_EQ(missing([](VmRecord& r) { r.image.reset(); }), "added");
}

TEST_F(Registry, refuses_a_mac_that_another_vm_has) {
  add_all(*registry);
  VmRecord twin = vm("twin", "2");
  twin.nics[0].mac = vm("web").nics[0].mac;
  auto added = registry->vms().add(twin, "6:7");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().details, "the MAC 52:54:00:00:00:01 is one of VM web (6695eb01-f6a4-4304-79aa-97f2502e1901)");
}

TEST_F(Registry, refuses_a_broken_file_with_its_place_and_leaves_it) {
  EXPECT_EQ(refusal_of("{\n  \"format\": 1,\n  \"registry\" {}\n}"),
            "3:14: Missing a colon after a name of object member.");
  EXPECT_EQ(refusal_of(""), "1:1: The document is empty.");
  EXPECT_EQ(refusal_of(R"({"format": 2, "registry": {}})"), " $.format: expected 1");
  EXPECT_EQ(refusal_of("[]"), " $: expected an object with the members format and registry");
  EXPECT_THAT(
      refusal_of(R"({"format": 1, "registry": {"hosts": [{"key": "1:2", "record": {"name": "a", "type": "KVM"}}]}})"),
      HasSubstr("$.registry.hosts[0].record.uri"));
  EXPECT_THAT(refusal_of(R"({"format": 1, "registry": {"hsts": []}})"), HasSubstr("$.registry.hsts"));
  EXPECT_EQ(refusal_of(R"({"format": 1, "format": 1, "registry": {}})"), " 'format' stands twice in one object");
  EXPECT_EQ(refusal_of(std::string(40, '[') + std::string(40, ']')), " nested too deep");
}

TEST_F(Registry, refuses_a_file_whose_records_break_a_rule) {
  add_all(*registry);
  std::string text = read_file(file());
  const std::string from = "\"host\": \"one\"";
  text.replace(text.find(from), from.size(), "\"host\": \"two\"");
  EXPECT_THAT(refusal_of(text), StartsWith(" $.registry.vms[0]: REGISTRY.1004"));
  const std::string twice = R"({"key": "1:2", "record": {"name": "a", "type": "KVM", "uri": "x:///y"}})";
  EXPECT_EQ(refusal_of(R"({"format": 1, "registry": {"hosts": [)" + twice + "," + twice + "]}}"),
            " $.registry.hosts[1]: host a is there twice");
}

TEST_F(Registry, changes_nothing_in_a_file_that_broke_while_it_was_open_and_shows_what_it_knew) {
  registry->hosts().add(host("one"), "1:2").value();
  folder.write("registry.json", "{");
  auto added = registry->hosts().add(host("two"), "2:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "REGISTRY.1005");
  EXPECT_EQ(read_file(file()), "{");
  EXPECT_THAT(registry->hosts().list(), ElementsAre(host("one")));
}

TEST_F(Registry, does_not_begin_anew_when_its_file_has_gone) {
  registry->hosts().add(host("one"), "1:2").value();
  fs::remove(file());
  EXPECT_EQ(registry->hosts().add(host("two"), "2:2").error().code, "REGISTRY.1005");
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Registry, keeps_the_old_file_when_the_new_one_cannot_be_written) {
  registry->hosts().add(host("one"), "1:2").value();
  const std::string kept = read_file(file());
  fs::create_directory(file().string() + ".new");
  auto added = registry->hosts().add(host("two"), "2:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "REGISTRY.1006");
  EXPECT_EQ(read_file(file()), kept);
  EXPECT_THAT(registry->hosts().list(), ElementsAre(host("one")));
  fs::remove(file().string() + ".new");
  EXPECT_TRUE(registry->hosts().add(host("two"), "2:2").ok());
}

TEST_F(Registry, overwrites_what_a_crash_left_of_a_file) {
  registry->hosts().add(host("one"), "1:2").value();
  folder.write("registry.json.new", std::string(100000, 'x'));
  ASSERT_TRUE(registry->hosts().add(host("two"), "2:2").ok());
  EXPECT_THAT(open()->hosts().list(), SizeIs(2));
  EXPECT_FALSE(fs::exists(file().string() + ".new"));
}

TEST_F(Registry, never_shows_a_reader_a_part_of_the_file) {
  add_all(*registry);
  std::atomic<bool> done = false;
  int broken = 0;
  int read = 0;
  std::thread reader([&] {
    while (!done || read == 0) {
      broken += compute::parse_state(read_file(file())).ok() ? 0 : 1;
      ++read;
    }
  });
  for (int i = 0; i < 60; ++i) {
    registry->images().add({"image-" + std::to_string(i), "/" + std::string(4000, 'x'), "raw"}, "9:1").value();
  }
  done = true;
  reader.join();
  EXPECT_EQ(broken, 0) << "of " << read;
}

TEST_F(Registry, sees_what_another_one_has_changed_in_the_file) {
  const auto other = open();
  other->hosts().add(host("one"), "1:2").value();
  EXPECT_THAT(registry->hosts().list(), ElementsAre(host("one")));
  registry->hosts().add(host("two"), "2:2").value();
  EXPECT_THAT(other->hosts().list(), SizeIs(2));
}

TEST_F(Registry, loses_none_of_many_adds_at_once_from_two_of_it) {
  constexpr int kThreads = 4;
  constexpr int kEach = 15;
  const auto other = open();
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      FileRegistry& mine = t % 2 == 0 ? *registry : *other;
      for (int i = 0; i < kEach; ++i) {
        const std::string name = "h" + std::to_string(t) + "-" + std::to_string(i);
        if (!mine.hosts().add(host(name), name + ":1").ok() || !mine.hosts().find(name)) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_THAT(open()->hosts().list(), SizeIs(kThreads * kEach));
}

TEST_F(Registry, lets_one_of_many_take_a_name) {
  std::vector<std::thread> threads;
  std::atomic<int> won = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      if (registry->hosts().add(host("one"), std::to_string(t) + ":2").ok()) ++won;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
}

TEST(RegistryFile, must_have_an_absolute_path) {
  FileRegistry registry;
  EXPECT_THROW(registry.set_file("registry.json"), std::invalid_argument);
  EXPECT_THROW(registry.set_file("/var/lib/tenon/"), std::invalid_argument);
}

}  // namespace
