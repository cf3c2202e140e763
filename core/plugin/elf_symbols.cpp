#include "plugin/elf_symbols.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "plugin/elf_file.h"

namespace tenon::plugin {
namespace {

#if defined(__x86_64__)
bool is_initial_exec(std::uint64_t type) { return type == R_X86_64_TPOFF64 || type == R_X86_64_TPOFF32; }
#elif defined(__aarch64__)
bool is_initial_exec(std::uint64_t type) { return type == R_AARCH64_TLS_TPREL; }
#endif

/// Each reference of a name to a part of itself may double what it is written out as.
constexpr std::size_t kMostReferences = 24;
constexpr std::size_t kLongestMangled = 1024;

std::size_t references(std::string_view name) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    const char next = name[i + 1];
    const bool index = (next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z') || next == '_';
    if ((name[i] == 'S' || name[i] == 'T') && index) ++count;
  }
  return count;
}

/// As it is, if a name was made to take long.
std::string demangled(const std::string& name) {
  if (name.size() > kLongestMangled || references(name) > kMostReferences) return name;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 ? std::string(text.get()) : name;
}

struct Symbols {
  std::vector<Elf64_Sym> entries;
  std::string texts;

  [[nodiscard]] std::string name(const Elf64_Sym& symbol) const {
    return symbol.st_name < texts.size() ? demangled(texts.c_str() + symbol.st_name) : "?";
  }
};

/// The symbols of the first section of this type; none if there is none. False if they are damaged.
bool read_table(const ElfFile& file, Elf64_Word type, Symbols& symbols) {
  for (const Elf64_Shdr& section : file.sections()) {
    if (section.sh_type != type) continue;
    std::vector<char> texts;
    if (section.sh_link >= file.sections().size() || !file.read(section, symbols.entries) ||
        !file.read(file.sections()[section.sh_link], texts)) {
      return false;
    }
    symbols.texts.assign(texts.begin(), texts.end());
    return true;
  }
  return true;
}

/// The name of the library's own thread-local variable that lies at this offset.
std::string name_at(const Symbols& all, std::uint64_t offset) {
  for (const Elf64_Sym& symbol : all.entries) {
    if (ELF64_ST_TYPE(symbol.st_info) == STT_TLS && symbol.st_shndx != SHN_UNDEF && symbol.st_value == offset) {
      return all.name(symbol);
    }
  }
  return "an unnamed one at offset " + std::to_string(offset);
}

void sort(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

Result<LibrarySymbols> read_symbols(const std::filesystem::path& path) {
  const Result<ElfFile> file = ElfFile::open(path);
  if (!file) return file.error();
  Symbols dynamic;
  Symbols all;
  if (!read_table(*file, SHT_DYNSYM, dynamic)) return file->damaged("the table of dynamic symbols is damaged");
  if (!read_table(*file, SHT_SYMTAB, all)) return file->damaged("the table of symbols is damaged");

  LibrarySymbols found;
  for (const Elf64_Sym& symbol : dynamic.entries) {
    const auto binding = ELF64_ST_BIND(symbol.st_info);
    if (symbol.st_name == 0 || binding == STB_LOCAL) continue;
    if (symbol.st_shndx == SHN_UNDEF) {
      found.imported.push_back(dynamic.name(symbol));
    } else {
      (binding == STB_GNU_UNIQUE ? found.unique : found.exported).push_back(dynamic.name(symbol));
    }
  }
  for (const Elf64_Shdr& section : file->sections()) {
    if (section.sh_type != SHT_RELA || section.sh_link >= file->sections().size() ||
        file->sections()[section.sh_link].sh_type != SHT_DYNSYM) {
      continue;  // what the dynamic linker does not see
    }
    std::vector<Elf64_Rela> relocations;
    if (!file->read(section, relocations)) return file->damaged("a table of relocations is damaged");
    for (const Elf64_Rela& relocation : relocations) {
      if (!is_initial_exec(ELF64_R_TYPE(relocation.r_info))) continue;
      const std::uint64_t index = ELF64_R_SYM(relocation.r_info);
      if (index != 0 && index >= dynamic.entries.size()) return file->damaged("a table of relocations is damaged");
      found.initial_exec.push_back(index != 0 ? dynamic.name(dynamic.entries[index])
                                              : name_at(all, static_cast<std::uint64_t>(relocation.r_addend)));
    }
  }
  for (auto* names : {&found.exported, &found.unique, &found.imported, &found.initial_exec}) sort(*names);
  return found;
}

}  // namespace tenon::plugin
