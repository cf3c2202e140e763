#include "prepare_vm.h"

#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using compute::PrepareVm;
using tenon::Json;
using tenon::iaas::DiskSpec;
using tenon::iaas::kInstance;
using tenon::iaas::kVm;
using tenon::iaas::VmInstance;
using tenon::iaas::VmSpec;
using tenon::testing::ChainRunner;

const PrepareVm kPrepareVm;

VmSpec web() {
  VmSpec vm;
  vm.name = "web";
  vm.image = "/images/base.qcow2";
  return vm;
}

VmInstance prepared(const VmSpec& vm, std::uint64_t run = 17) {
  ChainRunner runner(run);
  runner.input(kVm, vm).then(kPrepareVm).run().result().value();
  return *runner.find(kInstance);
}

TEST(PrepareVm, decides_every_default) {
  const VmInstance instance = prepared(web());
  EXPECT_EQ(instance.name, "web");
  EXPECT_EQ(instance.cpus, 1u);
  EXPECT_EQ(instance.memory, 256u << 20);
  EXPECT_EQ(instance.console, std::nullopt);
}

TEST(PrepareVm, takes_the_order_as_json) {
  ChainRunner runner;
  runner.input_json("vm", Json::object()
                              .add("name", "a")
                              .add("cpus", 2)
                              .add("memory", 134217728)
                              .add("image", "/path/base.qcow2")
                              .add("console", "/path/a.console"));
  ASSERT_TRUE(runner.then(kPrepareVm).run().ok());
  const VmInstance* instance = runner.find(kInstance);
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(instance->cpus, 2u);
  EXPECT_EQ(instance->memory, 134217728u);
  EXPECT_EQ(instance->console, "/path/a.console");
}

TEST(PrepareVm, gives_a_repeated_step_the_same_uuid_and_another_run_another) {
  const std::string uuid = prepared(web(), 17).uuid;
  EXPECT_EQ(prepared(web(), 17).uuid, uuid);
  EXPECT_NE(prepared(web(), 18).uuid, uuid);
  EXPECT_EQ(compute::canonical_uuid("$", uuid), uuid);
}

TEST(PrepareVm, keeps_a_given_uuid_in_its_canonical_form) {
  VmSpec vm = web();
  vm.uuid = "6695EB01-F6A4-4304-79AA-97F2502E193F";
  EXPECT_EQ(prepared(vm).uuid, "6695eb01-f6a4-4304-79aa-97f2502e193f");
}

struct BadOrder {
  const char* name;
  void (*spoil)(VmSpec& vm);
  const char* details;
};

class PrepareVmRefuses : public testing::TestWithParam<BadOrder> {};

TEST_P(PrepareVmRefuses, with_the_member_and_what_was_expected) {
  VmSpec vm = web();
  GetParam().spoil(vm);
  ChainRunner runner;
  const auto& ran = runner.input(kVm, vm).then(kPrepareVm).run();
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error->code, "COMPUTE.1001");
  EXPECT_EQ(ran.error->details, GetParam().details);
  EXPECT_EQ(runner.find(kInstance), nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    OrdersThatMakeNoSense, PrepareVmRefuses,
    testing::Values(
        BadOrder{"no_name", [](VmSpec& vm) { vm.name = ""; },
                 "$.vm.name: expected 1 to 63 letters, digits, '.', '_' or "
                 "'-', a letter or digit first, found ''"},
        BadOrder{"path_in_name", [](VmSpec& vm) { vm.name = "a/b"; },
                 "$.vm.name: expected 1 to 63 letters, digits, '.', '_' or '-', a letter or digit first, found 'a/b'"},
        BadOrder{"no_uuid", [](VmSpec& vm) { vm.uuid = "4711"; }, "$.vm.uuid: expected a uuid, found '4711'"},
        BadOrder{"nil_uuid", [](VmSpec& vm) { vm.uuid = "00000000-0000-0000-0000-000000000000"; },
                 "$.vm.uuid: expected a uuid, found '00000000-0000-0000-0000-000000000000'"},
        BadOrder{"no_cpu", [](VmSpec& vm) { vm.cpus = 0; }, "$.vm.cpus: expected 1 to 1024, found 0"},
        BadOrder{"little_memory", [](VmSpec& vm) { vm.memory = 512; },
                 "$.vm.memory: expected 16777216 bytes or more, found 512"},
        BadOrder{"relative_image", [](VmSpec& vm) { vm.image = "images/base.qcow2"; },
                 "$.vm.image: expected the name of an image or an absolute path, found 'images/base.qcow2'"},
        BadOrder{"no_disk", [](VmSpec& vm) { vm.image.reset(); },
                 "$.vm: expected an image, a disk_size or both, found neither"},
        BadOrder{"odd_format", [](VmSpec& vm) { vm.image_format = "vmdk"; },
                 "$.vm.image_format: expected qcow2 or raw, found 'vmdk'"},
        BadOrder{"empty_disk", [](VmSpec& vm) { vm.disk_size = 0; }, "$.vm.disk_size: expected 1 or more, found 0"},
        BadOrder{"empty_data_disk",
                 [](VmSpec& vm) {
                   vm.data_disks = std::vector<DiskSpec>{{1}, {0}};
                 },
                 "$.vm.data_disks[1].size: expected 1 or more, found 0"},
        BadOrder{"odd_network",
                 [](VmSpec& vm) {
                   vm.networks = std::vector<std::string>{"blue", "a/b"};
                 },
                 "$.vm.networks[1]: expected 1 to 63 letters, digits, '.', '_' or '-', a letter or digit first, found "
                 "'a/b'"},
        BadOrder{"odd_network_of_a_nic",
                 [](VmSpec& vm) {
                   vm.nics = std::vector<tenon::iaas::NicSpec>{{"", {}, {}}};
                 },
                 "$.vm.nics[0].network: expected 1 to 63 letters, digits, '.', '_' or '-', a letter or digit first, "
                 "found ''"},
        BadOrder{"many_nics", [](VmSpec& vm) { vm.networks = std::vector<std::string>(33, "blue"); },
                 "$.vm: expected at most 32 NICs, found 33"},
        BadOrder{"odd_host", [](VmSpec& vm) { vm.host = "-"; },
                 "$.vm.host: expected 1 to 63 letters, digits, '.', '_' or '-', a letter or digit first, found '-'"},
        BadOrder{"odd_storage", [](VmSpec& vm) { vm.primary_storage = "a b"; },
                 "$.vm.primary_storage: expected 1 to 63 letters, digits, '.', '_' or '-', a letter or digit first, "
                 "found 'a b'"},
        BadOrder{"relative_console", [](VmSpec& vm) { vm.console = "console"; },
                 "$.vm.console: expected an absolute path, found 'console'"}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
