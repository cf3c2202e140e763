#pragma once

#include <elf.h>
#include <tenon/error.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin {

/// A shared library's file, read without running any of its code. The file may be hostile: every offset is checked
/// against the file's size, and what is not a regular file is not opened for reading.
class ElfFile {
 public:
  /// Reads the section headers. Errors: PLUGIN.1001 unreadable, PLUGIN.1002 not an ELF file, PLUGIN.1003 ELF, but not a
  /// shared library for this machine or damaged, PLUGIN.1004 without section headers, so without a record.
  [[nodiscard]] static Result<ElfFile> open(const std::filesystem::path& path);
  ElfFile(ElfFile&& other) noexcept;
  ElfFile& operator=(ElfFile&&) = delete;
  ~ElfFile();

  [[nodiscard]] const std::vector<Elf64_Shdr>& sections() const noexcept { return sections_; }
  [[nodiscard]] std::string_view name(const Elf64_Shdr& section) const;
  /// Fills `size` bytes from `offset`; false if they are not all within the file.
  [[nodiscard]] bool read(std::uint64_t offset, void* to, std::uint64_t size) const;
  /// The whole section as entries of type `T`; false if it is no array of them, lies outside the file or is too long to
  /// be true.
  template <class T>
  [[nodiscard]] bool read(const Elf64_Shdr& section, std::vector<T>& to) const {
    if (section.sh_entsize > 1 && section.sh_entsize != sizeof(T)) return false;
    if (section.sh_size % sizeof(T) != 0 || section.sh_size > size_) return false;
    to.resize(section.sh_size / sizeof(T));
    return read(section.sh_offset, to.data(), section.sh_size);
  }
  /// PLUGIN.1003, with what is wrong.
  [[nodiscard]] ErrorCode damaged(std::string_view what) const;

 private:
  explicit ElfFile(std::filesystem::path path);
  [[nodiscard]] Result<void> read_headers();

  std::filesystem::path path_;
  int fd_;
  std::uint64_t size_ = 0;
  /// Null if the file can be read.
  const char* problem_ = nullptr;
  std::vector<Elf64_Shdr> sections_;
  std::string names_;
};

}  // namespace tenon::plugin
