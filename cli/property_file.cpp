#include "property_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include "failure.h"

namespace tenon::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlanks = " \t\r";

[[noreturn]] void fail(const std::string& message) { throw Failure(ExitStatus::kFailed, message); }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// One line, without its end.
struct Line {
  std::size_t begin;
  std::size_t end;
};

/// The name that a line `name = value` sets, or nothing.
std::string_view name_in(std::string_view line) {
  const std::size_t equals = line.find('=');
  return equals == std::string_view::npos ? std::string_view() : trimmed(line.substr(0, equals));
}

/// Where a property stands in a text.
struct Found {
  std::optional<Line> line;
  /// The comment that shows its default.
  std::optional<Line> comment;
};

Found find(const std::string& text, const std::string& name) {
  Found found;
  std::size_t number = 0;
  std::size_t first = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(std::string_view(text).substr(begin, end - begin));
    ++number;
    if (line.starts_with('#')) {
      if (name_in(line.substr(1)) == name) found.comment = Line{begin, end};
    } else if (name_in(line) == name) {
      if (found.line) {
        fail("'" + name + "' is set twice, in the lines " + std::to_string(first) + " and " + std::to_string(number));
      }
      found.line = Line{begin, end};
      first = number;
    }
    begin = end + 1;
  }
  return found;
}

void check_name(const std::string& name) {
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return letter < 0x80 && (std::isalnum(letter) != 0 || letter == '.' || letter == '-' || letter == '_');
  });
  if (!good) fail("'" + name + "' is not a name: letters, digits, '.', '-' and '_' make names");
}

void check_value(const std::string& value) {
  if (trimmed(value) != value) fail("a value can't begin or end with blanks");
  const bool good = std::none_of(value.begin(), value.end(), [](unsigned char letter) { return letter < 0x20; });
  if (!good) fail("a value can't hold line ends or control characters");
}

std::system_error last_error() { return {errno, std::generic_category()}; }

/// A file beside the one that it is to replace. Removed unless it has taken its place.
class Replacement {
 public:
  explicit Replacement(const fs::path& target) : target_(target) {
    std::string pattern = target.string() + ".XXXXXX";
    descriptor_ = ::mkostemp(pattern.data(), O_CLOEXEC);
    if (descriptor_ < 0) throw last_error();
    path_ = pattern;
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    ::close(descriptor_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno != EINTR) throw last_error();
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  /// Gives it owner and mode of the target, and its place.
  void take_place() {
    struct stat status {};
    if (::stat(target_.c_str(), &status) != 0) throw last_error();
    const bool same_owner = status.st_uid == ::geteuid() && status.st_gid == ::getegid();
    if (!same_owner && ::fchown(descriptor_, status.st_uid, status.st_gid) != 0) throw last_error();
    if (::fchmod(descriptor_, status.st_mode & 07777) != 0) throw last_error();
    if (::fsync(descriptor_) != 0) throw last_error();
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw last_error();
    path_.clear();
    const int folder = ::open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) throw last_error();
    const int synced = ::fsync(folder);
    ::close(folder);
    if (synced != 0) throw last_error();
  }

 private:
  const fs::path target_;
  fs::path path_;
  int descriptor_ = -1;
};

}  // namespace

std::string with_property(const std::string& text, const std::string& name, const std::string& value) {
  check_name(name);
  check_value(value);
  const Found found = find(text, name);
  std::string result = text;
  if (found.line) {
    // What stands before the value stays as its author wrote it.
    std::size_t begin = text.find('=', found.line->begin) + 1;
    while (begin < found.line->end && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
    const bool blank = text[begin - 1] == '=' && !value.empty();
    return result.replace(begin, found.line->end - begin, (blank ? " " : "") + value);
  }
  const std::string line = name + " = " + value;
  if (found.comment) return result.insert(found.comment->end, "\n" + line);
  if (!result.empty() && result.back() != '\n') result += '\n';
  return result + line + '\n';
}

std::string without_property(const std::string& text, const std::string& name) {
  check_name(name);
  const Found found = find(text, name);
  if (!found.line) fail("'" + name + "' is not set there");
  std::string result = text;
  return result.erase(found.line->begin, found.line->end - found.line->begin + 1);
}

void edit_property_file(const fs::path& file, const std::function<std::string(const std::string&)>& edit) {
  std::error_code problem;
  const fs::path target = fs::canonical(file, problem);
  if (problem) fail("cannot read " + file.string() + ": " + problem.message());
  if (!fs::is_regular_file(target, problem)) fail("cannot read " + file.string() + ": not a regular file");
  std::ifstream input(target, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  if (!input) fail("cannot read " + file.string());
  std::string edited;
  try {
    edited = edit(text);
  } catch (const Failure& e) {
    throw Failure(e.status(), file.string() + ": " + e.what());
  }
  try {
    Replacement replacement(target);
    replacement.write(edited);
    replacement.take_place();
  } catch (const std::system_error& e) {
    fail("cannot write " + file.string() + ": " + e.code().message());
  }
}

}  // namespace tenon::cli
