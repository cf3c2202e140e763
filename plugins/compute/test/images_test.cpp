#include "images.h"

#include "store_registry.h"
#include "support/temp_folder.h"
#include "support/temp_store.h"

#include <tenon/storage/command.h>
#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using compute::image_location;
using tenon::iaas::ImageRecord;
using tenon::iaas::kImage;
using tenon::iaas::kSelectedImage;
using tenon::iaas::kVm;
using tenon::iaas::SelectedImage;
using tenon::iaas::VmSpec;
using tenon::iaas::VolumeLocation;
using tenon::testing::ChainRunner;
using testing::HasSubstr;

TEST(ImageUrl, is_an_absolute_path_or_a_file_on_an_nfs_server) {
  EXPECT_EQ(*image_location("/images/base.qcow2"), (VolumeLocation{"file", "/images/base.qcow2", {}, {}}));
  EXPECT_EQ(*image_location("nfs://127.0.0.1/export/base.qcow2"),
            (VolumeLocation{"nfs", "/export/base.qcow2", "127.0.0.1", {}}));
  EXPECT_EQ(*image_location("nfs://nas/a%20b%25"), (VolumeLocation{"nfs", "/a b%", "nas", {}}));
  for (const char* url : {"", "base.qcow2", "/images/", "/a\nb", "nfs://nas", "nfs://nas/", "nfs:///base",
                          "nfs://nas/a?uid=0", "nfs://u@nas/a", "nfs://nas:2049/a", "nfs://nas/a%2", "nfs://nas/a%zz",
                          "nfs://nas/a%0a", "http://nas/a", "json:{\"driver\":\"file\"}"}) {
    auto location = image_location(url);
    ASSERT_FALSE(location.ok()) << url;
    EXPECT_EQ(location.error().code, "COMPUTE.1008");
  }
}

class CheckImage : public testing::Test {
 protected:
  std::string make(const std::string& name, const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"qemu-img", "create", "-q"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    std::string file = folder.path() / name;
    arguments.push_back(file);
    if (std::find(options.begin(), options.end(), "-b") == options.end()) arguments.push_back("1M");
    storage::run_command(arguments, 60s).value();
    return file;
  }
  tenon::Result<void> run(const ImageRecord& image) {
    ChainRunner runner;
    return runner.input(kImage, image).then(flow).run().result();
  }

  tenon::test::TempFolder folder;
  compute::CheckImage flow;
};

TEST_F(CheckImage, takes_images_that_are_what_they_are_said_to_be) {
  EXPECT_TRUE(run({"base", make("a.qcow2", {"-f", "qcow2"}), "qcow2"}).ok());
  EXPECT_TRUE(run({"base", make("a.raw", {"-f", "raw"}), "raw"}).ok());
}

TEST_F(CheckImage, refuses_a_file_that_is_not_there_or_of_another_format) {
  auto missing = run({"base", folder.path() / "none.qcow2", "qcow2"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, "COMPUTE.1009");
  ASSERT_EQ(missing.error().causes.size(), 1u);
  EXPECT_THAT(missing.error().causes[0].details, HasSubstr("No such file"));
  EXPECT_FALSE(run({"base", make("a.raw", {"-f", "raw"}), "qcow2"}).ok());
}

TEST_F(CheckImage, refuses_an_image_that_names_other_files) {
  const std::string base = make("base.qcow2", {"-f", "qcow2"});
  auto overlay = run({"base", make("overlay.qcow2", {"-f", "qcow2", "-F", "qcow2", "-b", base}), "qcow2"});
  ASSERT_FALSE(overlay.ok());
  EXPECT_THAT(overlay.error().details, HasSubstr("names other files"));
  const std::string data = folder.path() / "data";
  EXPECT_FALSE(run({"base", make("head.qcow2", {"-f", "qcow2", "-o", "data_file=" + data}), "qcow2"}).ok());
}

TEST_F(CheckImage, refuses_what_cannot_be_a_record_before_it_looks_at_the_file) {
  flow.qemu_img = "/nonexistent";
  EXPECT_EQ(run({"a/b", "/base", "qcow2"}).error().code, "REGISTRY.1007");
  EXPECT_EQ(run({"base", "base", "qcow2"}).error().code, "COMPUTE.1008");
  EXPECT_THAT(run({"base", "/base", "vmdk"}).error().details, HasSubstr("found 'vmdk'"));
}

class SelectImage : public testing::Test {
 protected:
  void SetUp() override {
    registry.images().add({"base", "nfs://127.0.0.1/export/base", "raw"}, "1:2").value();
    flow.registry.bind(&registry);
  }
  tenon::Result<std::optional<SelectedImage>> select(std::optional<std::string> image,
                                                     std::optional<std::string> format) {
    VmSpec vm;
    vm.name = "web";
    vm.image = std::move(image);
    vm.image_format = std::move(format);
    ChainRunner runner;
    if (const auto& ran = runner.input(kVm, vm).then(flow).run(); !ran.ok()) return *ran.error;
    return *runner.find(kSelectedImage);
  }

  tenon::test::StoreNode node;
  compute::StoreRegistry registry;
  compute::SelectImage flow;
};

TEST_F(SelectImage, finds_a_registered_image_and_knows_its_format) {
  const SelectedImage base{"base", {{"nfs", "/export/base", "127.0.0.1", {}}, "raw"}};
  EXPECT_EQ(select("base", std::nullopt).value(), base);
  EXPECT_EQ(select("base", "raw").value(), base);
  EXPECT_EQ(select("base", "qcow2").error().code, "COMPUTE.1010");
}

TEST_F(SelectImage, takes_a_path_as_it_is) {
  EXPECT_EQ(select("/images/a", "raw").value(), (SelectedImage{{}, {{"file", "/images/a", {}, {}}, "raw"}}));
  EXPECT_EQ(select("/images/a", std::nullopt).value()->image.format, "qcow2");
}

TEST_F(SelectImage, selects_none_if_none_is_ordered) {
  EXPECT_EQ(select(std::nullopt, std::nullopt).value(), std::nullopt);
}

TEST_F(SelectImage, says_that_there_is_no_such_image) {
  EXPECT_EQ(select("other", std::nullopt).error().to_string(),
            "REGISTRY.1001: nothing of this name is registered: image other");
}

}  // namespace
