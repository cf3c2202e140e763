#include "plugin/elf_record.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "plugin/handshake.h"
#include "support/temp_folder.h"

namespace {

namespace fs = std::filesystem;
using tenon::plugin::read_record;

const fs::path kSample = fs::path(TEST_PLUGINS) / "sample.so";

class ElfRecord : public testing::Test {
 protected:
  /// The error for a file with this content: code and details, the path left out.
  std::string refusal(const std::string& content) {
    const fs::path file = folder_.write("x.so", content);
    return refusal_of(file);
  }
  static std::string refusal_of(const fs::path& file) {
    auto record = read_record(file);
    if (record) return "accepted";
    std::string text = record.error().code + " " + record.error().details;
    text.replace(text.find(file.string()), file.string().size(), "FILE");
    return text;
  }
  /// The sample plugin with a changed ELF header.
  static std::string with_header(void (*change)(Elf64_Ehdr&)) {
    std::string content = tenon::test::read_file(kSample);
    Elf64_Ehdr header;
    std::memcpy(&header, content.data(), sizeof header);
    change(header);
    std::memcpy(content.data(), &header, sizeof header);
    return content;
  }
  tenon::test::TempFolder folder_;
};

TEST_F(ElfRecord, is_read_from_a_plugin) {
  auto record = read_record(kSample);
  ASSERT_TRUE(record.ok()) << record.error().to_string();
  EXPECT_EQ(tenon::plugin::field_text(record->name), "sample");
  EXPECT_EQ(tenon::plugin::field_text(record->version), "1.2.0");
}

TEST_F(ElfRecord, is_read_from_a_stripped_plugin) {
  const fs::path stripped = folder_.path() / "stripped.so";
  ASSERT_EQ(std::system(("strip -o " + stripped.string() + " " + kSample.string()).c_str()), 0);
  EXPECT_TRUE(read_record(stripped).ok());
}

TEST_F(ElfRecord, refuses_what_is_no_regular_file) {
  EXPECT_EQ(refusal_of(folder_.path() / "missing.so"), "PLUGIN.1001 FILE: No such file or directory");
  EXPECT_EQ(refusal_of(folder_.path()), "PLUGIN.1001 FILE: not a regular file");
  const fs::path fifo = folder_.path() / "fifo.so";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(refusal_of(fifo), "PLUGIN.1001 FILE: not a regular file");
}

TEST_F(ElfRecord, refuses_what_is_not_elf) {
  EXPECT_EQ(refusal(""), "PLUGIN.1002 FILE");
  EXPECT_EQ(refusal("#!/bin/sh\n"), "PLUGIN.1002 FILE");
  EXPECT_EQ(refusal("\x7f"
                    "ELF"),
            "PLUGIN.1002 FILE");
}

TEST_F(ElfRecord, refuses_elf_that_is_no_library_of_this_machine) {
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })),
            "PLUGIN.1003 FILE: not a 64-bit little-endian file");
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_machine = EM_S390; })),
            "PLUGIN.1003 FILE: built for another kind of processor");
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_type = ET_REL; })),
            "PLUGIN.1003 FILE: an ELF file, but no shared library");
  EXPECT_EQ(refusal(tenon::test::read_file(kSample).substr(0, 40)), "PLUGIN.1003 FILE: the ELF header is cut off");
}

TEST_F(ElfRecord, refuses_damaged_section_headers) {
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_shoff = ~std::uint64_t{0} - 8; })),
            "PLUGIN.1003 FILE: the section headers are cut off");
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_shstrndx = h.e_shnum; })),
            "PLUGIN.1003 FILE: the section headers are damaged");
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_shentsize = 1; })),
            "PLUGIN.1003 FILE: the section headers are damaged");
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_shnum = 0; })),
            "PLUGIN.1004 FILE: the file has no section headers");
}

TEST_F(ElfRecord, refuses_links_to_nothing_and_devices) {
  const fs::path link = folder_.path() / "link.so";
  fs::create_symlink("nothing", link);
  EXPECT_EQ(refusal_of(link), "PLUGIN.1001 FILE: No such file or directory");
  fs::remove(link);
  fs::create_symlink("link.so", link);
  EXPECT_EQ(refusal_of(link), "PLUGIN.1001 FILE: Too many levels of symbolic links");
  fs::remove(link);
  fs::create_symlink("/dev/zero", link);
  EXPECT_EQ(refusal_of(link), "PLUGIN.1001 FILE: not a regular file");
}

TEST_F(ElfRecord, takes_no_memory_for_what_a_file_says_that_it_has) {
  EXPECT_EQ(refusal(with_header([](Elf64_Ehdr& h) { h.e_shnum = 0xffff; })),
            "PLUGIN.1003 FILE: the section headers are cut off");
  std::string content = with_header([](Elf64_Ehdr&) {});
  Elf64_Ehdr header;
  std::memcpy(&header, content.data(), sizeof header);
  const std::size_t names = header.e_shoff + header.e_shstrndx * sizeof(Elf64_Shdr);
  for (const std::uint64_t size : {~std::uint64_t{0}, std::uint64_t{1} << 40, (std::uint64_t{1} << 20) + 1}) {
    std::memcpy(content.data() + names + offsetof(Elf64_Shdr, sh_size), &size, sizeof size);
    EXPECT_EQ(refusal(content), "PLUGIN.1003 FILE: the section names are damaged") << size;
  }
  // A file without blocks that says it is a tebibyte long.
  const fs::path sparse = folder_.write("sparse.so", tenon::test::read_file(kSample).substr(0, sizeof(Elf64_Ehdr)));
  fs::resize_file(sparse, std::uintmax_t{1} << 40);
  EXPECT_EQ(refusal_of(sparse), "PLUGIN.1004 FILE: the file has no section .tenon.plugin (is TENON_PLUGIN used?)");
}

TEST_F(ElfRecord, never_crashes_on_a_file_cut_off_anywhere) {
  const std::string whole = tenon::test::read_file(kSample);
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 400) {
    EXPECT_NE(refusal(whole.substr(0, size)), "accepted") << size;
  }
}

TEST_F(ElfRecord, refuses_a_library_without_a_record) {
  EXPECT_EQ(refusal_of(fs::path(TEST_PLUGINS) / "no_record.so"),
            "PLUGIN.1004 FILE: the file has no section .tenon.plugin (is TENON_PLUGIN used?)");
}

}  // namespace
