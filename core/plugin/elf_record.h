#pragma once

#include <tenon/error.h>
#include <tenon/record.h>

#include <filesystem>

namespace tenon::plugin {

/// Reads the plugin record from a shared library's file, without running any of its code. The file may be hostile:
/// every offset is checked against the file's size, and what is not a regular file is not opened for reading.
///
/// Errors: PLUGIN.1001 unreadable, PLUGIN.1002 not an ELF file, PLUGIN.1003 ELF, but not a shared library for this
/// machine or damaged, PLUGIN.1004 without a record. The contents of the record are not judged: see handshake.h.
[[nodiscard]] Result<PluginRecord> read_record(const std::filesystem::path& file);

}  // namespace tenon::plugin
