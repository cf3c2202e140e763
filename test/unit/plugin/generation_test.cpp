#include "plugin/generation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "plugin/bean.h"
#include "support/node.h"
#include "support/temp_folder.h"

namespace {

namespace fs = std::filesystem;
using tenon::plugin::Generation;
using tenon::plugin::is_mapped;
using testing::HasSubstr;

const fs::path kPlugins = TEST_PLUGINS;

class Generations : public testing::Test {
 protected:
  /// A copy of the library under a path of its own, so that tests do not share a mapping.
  fs::path copy(const std::string& name) {
    fs::copy_file(kPlugins / name, folder_.path() / name);
    return folder_.path() / name;
  }
  tenon::test::TempFolder folder_;
  tenon::test::Node node_;
};

TEST_F(Generations, register_the_classes_of_a_library) {
  auto generation = Generation::load(copy("sample.so"), "sample", 1, node_);
  ASSERT_TRUE(generation.ok()) << generation.error().to_string();
  EXPECT_NE((*generation)->find_class("sample.Bean"), nullptr);
  EXPECT_EQ((*generation)->find_class("sample.Nothing"), nullptr);
  EXPECT_EQ((*generation)->find_class("sample.Tool")->kind, tenon::ClassEntry::Kind::kResource);
}

TEST_F(Generations, are_unmapped_when_the_last_owner_lets_go) {
  const fs::path file = copy("sample.so");
  auto generation = Generation::load(file, "sample", 1, node_).value();
  {
    tenon::plugin::Bean bean("a", generation, *generation->find_class("sample.Bean"));
    generation.reset();
    EXPECT_TRUE(is_mapped(file)) << "the bean is of this library";
  }
  EXPECT_FALSE(is_mapped(file));
  EXPECT_THAT(node_.lines(), testing::IsEmpty());
}

TEST_F(Generations, stay_mapped_while_something_of_theirs_is_pinned) {
  const fs::path file = copy("sample.so");
  auto generation = Generation::load(file, "sample", 1, node_).value();
  const tenon::Pin pin(&generation->context());  // as a value made by the library holds one
  EXPECT_EQ(generation->pins(), 1);
  generation.reset();
  EXPECT_TRUE(is_mapped(file));
  EXPECT_THAT(node_.lines(), testing::ElementsAre(HasSubstr("library stays mapped: something of it is still held")));
}

TEST_F(Generations, of_one_file_content_can_stand_side_by_side) {
  auto first = Generation::load(copy("sample.so"), "sample", 1, node_).value();
  fs::create_directories(folder_.path() / "next");
  fs::copy_file(kPlugins / "sample.so", folder_.path() / "next/sample.so");
  auto second = Generation::load(folder_.path() / "next/sample.so", "sample", 2, node_).value();
  EXPECT_NE(first->find_class("sample.Bean")->create, second->find_class("sample.Bean")->create);
}

TEST_F(Generations, refuse_an_unresolved_symbol_at_loading_and_name_it) {
  const fs::path file = copy("unresolved.so");
  auto generation = Generation::load(file, "unresolved", 1, node_);
  ASSERT_FALSE(generation.ok());
  EXPECT_EQ(generation.error().code, "PLUGIN.1006");
  EXPECT_THAT(generation.error().details, HasSubstr("undefined symbol: _ZN7nowhere11to_be_foundEv"));
  EXPECT_FALSE(is_mapped(file));
}

TEST_F(Generations, refuse_a_library_without_its_entry_symbol) {
  auto generation = Generation::load(copy("no_entry.so"), "no_entry", 1, node_);
  ASSERT_FALSE(generation.ok());
  EXPECT_EQ(generation.error().code, "PLUGIN.1007");
}

TEST_F(Generations, refuse_a_library_whose_registration_throws) {
  const fs::path file = copy("throws.so");
  auto generation = Generation::load(file, "throws", 1, node_);
  ASSERT_FALSE(generation.ok());
  EXPECT_EQ(generation.error().to_string(), "PLUGIN.1008: the registration of the library threw: not today");
  EXPECT_FALSE(is_mapped(file));
}

}  // namespace
