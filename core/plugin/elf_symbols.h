#pragma once

#include <tenon/error.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tenon::plugin {

/// What a library's file tells of its symbols. Names are demangled, sorted, each once.
struct LibrarySymbols {
  /// Defined here and to be had by other libraries, without those in `unique`.
  std::vector<std::string> exported;
  /// STB_GNU_UNIQUE: the dynamic linker never unloads a library of whose it has bound one.
  std::vector<std::string> unique;
  /// Taken from other libraries.
  std::vector<std::string> imported;
  /// Thread-local variables reached by the initial-exec model, for which a process has little room. One of the
  /// library's own has a name only if the file was not stripped.
  std::vector<std::string> initial_exec;
};

/// Reads them without running any code of the library. Errors: those of ElfFile::open, and PLUGIN.1003 for tables that
/// are damaged.
[[nodiscard]] Result<LibrarySymbols> read_symbols(const std::filesystem::path& file);

}  // namespace tenon::plugin
