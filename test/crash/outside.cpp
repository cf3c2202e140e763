#include "outside.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace tenon::crash {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& file) { throw std::system_error(errno, std::generic_category(), file.string()); }

int open_lines(const fs::path& folder) {
  const fs::path file = folder / "told";
  const int lines = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (lines < 0) fail(file);
  return lines;
}

}  // namespace

Outside::Outside(fs::path folder) : folder_(std::move(folder)), lines_(open_lines(folder_)) {}

Outside::~Outside() { ::close(lines_); }

void Outside::make_folders(const fs::path& folder) {
  for (const char* part : {"effects", "held", "tries"}) fs::create_directories(folder / part);
}

// A symbolic link is made with what it says in one call: a file could be left empty.
Outside::Made Outside::link(const fs::path& file, std::string_view run) {
  if (::symlink(std::string(run).c_str(), file.c_str()) == 0) return Made::kNew;
  if (errno != EEXIST) fail(file);
  return fs::read_symlink(file).string() == run ? Made::kOwn : Made::kForeign;
}

Outside::Made Outside::make(std::string_view effect, std::string_view run) const {
  return link(folder_ / "effects" / effect, run);
}

void Outside::remove(std::string_view effect) const {
  const fs::path file = folder_ / "effects" / effect;
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) fail(file);
}

std::map<std::string, std::string> Outside::effects() const {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::directory_iterator(folder_ / "effects")) {
    found.emplace(entry.path().filename().string(), fs::read_symlink(entry.path()).string());
  }
  return found;
}

Outside::Made Outside::hold(std::string_view resource, std::string_view run) const {
  return link(folder_ / "held" / resource, run);
}

void Outside::let_go(std::string_view resource, std::string_view run) const {
  const fs::path file = folder_ / "held" / resource;
  std::error_code missing;
  if (fs::read_symlink(file, missing).string() == run) (void)::unlink(file.c_str());
}

std::uint32_t Outside::count(std::string_view what) const {
  const fs::path file = folder_ / "tries" / what;
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) fail(file);
  const bool written = ::write(descriptor, "x", 1) == 1;
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  ::close(descriptor);
  if (!written || size < 0) fail(file);
  return static_cast<std::uint32_t>(size);
}

void Outside::tell(const std::string& line) const noexcept {
  const std::string whole = line + "\n";
  // One call, so that lines of several threads do not mix, and a kill leaves all of it or nothing.
  [[maybe_unused]] const ssize_t written = ::write(lines_, whole.data(), whole.size());
}

std::vector<std::string> Outside::told() const {
  std::ifstream in(folder_ / "told");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace tenon::crash
