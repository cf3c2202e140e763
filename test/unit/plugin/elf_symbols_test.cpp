#include "plugin/elf_symbols.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/temp_folder.h"

namespace {

namespace fs = std::filesystem;
using tenon::plugin::LibrarySymbols;
using tenon::plugin::read_symbols;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

fs::path library(const std::string& name) { return fs::path(TEST_PLUGINS) / ("unruly_" + name + ".so"); }

TEST(ElfSymbols, of_a_plugin_are_one_function) {
  const LibrarySymbols symbols = read_symbols(library("ruly")).value();
  EXPECT_THAT(symbols.exported, ElementsAre("tenon_plugin_register"));
  EXPECT_THAT(symbols.unique, IsEmpty());
  EXPECT_THAT(symbols.initial_exec, IsEmpty());
  EXPECT_THAT(symbols.imported, Contains("operator new(unsigned long)"));
}

TEST(ElfSymbols, tell_what_keeps_a_library_mapped) {
  EXPECT_THAT(read_symbols(library("unique"))->unique, Contains(StartsWith("Cache<int>::entries")));
  EXPECT_THAT(read_symbols(library("pinned"))->imported, Contains(StartsWith("__cxa_thread_atexit")));
}

TEST(ElfSymbols, tell_variables_of_the_initial_exec_model) {
  EXPECT_THAT(read_symbols(library("initial_exec"))->initial_exec, ElementsAre("unruly::depth"));

  const tenon::test::TempFolder folder;
  const fs::path stripped = folder.path() / "stripped.so";
  ASSERT_EQ(std::system(("strip -o " + stripped.string() + " " + library("initial_exec").string()).c_str()), 0);
  EXPECT_THAT(read_symbols(stripped)->initial_exec, ElementsAre(StartsWith("an unnamed one at offset ")));
}

TEST(ElfSymbols, of_a_file_that_is_cut_off_or_damaged_are_an_error) {
  const tenon::test::TempFolder folder;
  const std::string whole = tenon::test::read_file(library("ruly"));
  for (std::size_t size = 0; size < whole.size(); size += whole.size() / 200) {
    EXPECT_FALSE(read_symbols(folder.write("x.so", whole.substr(0, size))).ok()) << size;
  }
  // Anything in the place of anything: an answer of some kind, and no crash.
  unsigned seed = 1;
  for (int i = 0; i < 500; ++i) {
    std::string changed = whole;
    for (int j = 0; j < 20; ++j) {
      seed = seed * 1664525 + 1013904223;
      // Most often among the section headers, which lie at the end.
      const std::size_t range = i % 2 == 0 ? changed.size() : 4000;
      changed[changed.size() - 1 - seed / 7 % range] = static_cast<char>(seed >> 24);
    }
    (void)read_symbols(folder.write("x.so", changed));
  }
}

}  // namespace
