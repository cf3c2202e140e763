#include "descriptor/file_trust.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace tenon::descriptor {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthersMayWrite = S_IWGRP | S_IWOTH;
constexpr mode_t kPermissions = 07777;

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  const std::string number = "uid " + std::to_string(user);
  return found == nullptr ? number : std::string(found->pw_name) + " (" + number + ")";
}

std::string distrust(const std::string& what, const struct stat& status) {
  const bool owned = status.st_uid == 0 || status.st_uid == ::geteuid();
  if (owned && (status.st_mode & kOthersMayWrite) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & kPermissions);
  std::string text = what + " is not trusted: it belongs to " + user_name(status.st_uid) + " and has the mode " +
                     mode.data() + ", but must belong to root";
  if (::geteuid() != 0) text += " or to " + user_name(::geteuid());
  return text + " and be writable by its owner only (" + std::string(kTrustProperty) + "=any takes any)";
}

}  // namespace

Trust trust_of(const Properties& properties) {
  return properties.get(kTrustProperty, "owner") == "any" ? Trust::kAny : Trust::kOwner;
}

std::string folder_distrust(const fs::path& folder) {
  const fs::path path = folder.empty() ? fs::path(".") : folder;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return distrust("the folder " + path.string(), status);
}

std::string file_distrust(const fs::path& path, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return std::generic_category().message(errno);
  std::error_code unknown;
  const fs::path real = fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor), unknown);
  const bool linked = !unknown && real.filename() != path.filename();
  std::string why = distrust(linked ? path.string() + " (" + real.string() + ")" : path.string(), status);
  if (why.empty() && !unknown) why = folder_distrust(real.parent_path());
  return why;
}

}  // namespace tenon::descriptor
