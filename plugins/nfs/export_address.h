#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <optional>
#include <string>

namespace nfs {

/// Where an export, or a folder in one, is, and who asks.
struct ExportAddress {
  /// A name or an IPv4 address.
  std::string host;
  /// Absolute and normal, without a slash at its end: the folder of the volumes.
  std::string path;
  /// As whom the server sees the node; this process's user and group if left out.
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  /// Where the server's NFS and MOUNT are both found; its port mapper says so if left out. Not for volumes that QEMU
  /// is to open: it knows the port mapper only.
  std::optional<std::uint16_t> port;
};

/// Reads `nfs://HOST/FOLDER[?uid=N&gid=N]`, with %XX for odd characters. Error: NFS.1001, which says what is wrong
/// with it.
[[nodiscard]] tenon::Result<ExportAddress> parse_export(const std::string& url);

/// The URL as QEMU takes it. A path that is empty stands for the server alone.
[[nodiscard]] std::string url_of(const std::string& host, const std::string& path);

/// The URL of a file in the folder as the same user, for qemu-img.
[[nodiscard]] std::string url_of(const ExportAddress& folder, const std::string& file);

}  // namespace nfs
