#include "export_address.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace nfs {
namespace {

using tenon::make_error;
using tenon::Result;

constexpr std::string_view kScheme = "nfs://";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == '~';
}

bool is_host(std::string_view host) {
  return !host.empty() && host[0] != '-' &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_unreserved(c) && c != '~'; });
}

std::string encoded(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : path) {
    if (is_unreserved(c) || c == '/') {
      text.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return text;
}

/// All of the text as a number.
template <class T>
std::optional<T> number(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Nothing if a `%` is not followed by two digits, or stands for a byte that no path holds.
std::optional<std::string> decoded(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto byte = i + 2 < text.size() ? number<unsigned char>(text.substr(i + 1, 2), 16) : std::nullopt;
      if (!byte) return std::nullopt;
      c = static_cast<char>(*byte);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    path.push_back(c);
  }
  return path;
}

/// Takes the text up to the character away, and the character.
std::string_view take_until(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

/// What is wrong with the query, or nothing.
std::string read_query(std::string_view query, ExportAddress& address) {
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    const std::string_view name = take_until(value, '=');
    if (name != "uid" && name != "gid") return "expected uid or gid, found '" + std::string(name) + "'";
    const auto id = number<std::uint32_t>(value, 10);
    if (!id) return std::string(name) + " is no number: '" + std::string(value) + "'";
    (name == "uid" ? address.uid : address.gid) = id;
  }
  return {};
}

/// What is wrong with the URL, or nothing.
std::string read_url(std::string_view url, ExportAddress& address) {
  if (!url.starts_with(kScheme)) return "expected nfs://HOST/FOLDER";
  url.remove_prefix(kScheme.size());
  const std::string_view query = url.substr(std::min(url.size(), url.find('?')));
  url.remove_suffix(query.size());
  const std::string_view host = url.substr(0, url.find('/'));
  if (host.find(':') != std::string_view::npos) {
    return "QEMU takes neither a port nor an IPv6 address here: '" + std::string(host) + "'";
  }
  if (!is_host(host)) return "no host: '" + std::string(host) + "'";
  address.host = host;
  const auto path = decoded(url.substr(host.size()));
  if (!path || url.find('#') != std::string_view::npos) return "the folder is not written as in a URL";
  std::filesystem::path folder = std::filesystem::path(*path).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  if (!folder.has_filename()) return "no folder";
  // Otherwise two addresses of one folder would differ.
  address.path = "/" + folder.relative_path().string();
  return read_query(query.substr(query.empty() ? 0 : 1), address);
}

}  // namespace

Result<ExportAddress> parse_export(const std::string& url) {
  ExportAddress address;
  if (std::string wrong = read_url(url, address); !wrong.empty()) {
    return make_error("NFS.1001", "not the url of an NFS export", "'" + url + "': " + wrong);
  }
  return address;
}

std::string url_of(const std::string& host, const std::string& path) {
  return std::string(kScheme) + host + encoded(path);
}

std::string url_of(const ExportAddress& folder, const std::string& file) {
  std::string url = url_of(folder.host, folder.path + "/" + file);
  if (folder.uid) url.append("?uid=").append(std::to_string(*folder.uid));
  if (folder.gid) url.append(folder.uid ? "&gid=" : "?gid=").append(std::to_string(*folder.gid));
  return url;
}

}  // namespace nfs
