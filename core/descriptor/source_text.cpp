#include "descriptor/source_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace tenon::descriptor {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) noexcept : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_;
};

std::string reason_of(int error) { return std::generic_category().message(error); }

/// Why the open file is not read, or nothing.
std::string refusal(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return reason_of(errno);
  if (S_ISDIR(status.st_mode)) return reason_of(EISDIR);
  if (!S_ISREG(status.st_mode)) return "not a regular file";
  return {};
}

/// Why reading failed, or nothing. The size is measured while reading: the file may be growing.
std::string read_all(int descriptor, std::string& text) {
  std::array<char, 65536> block;
  while (true) {
    const ssize_t size = ::read(descriptor, block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return reason_of(errno);
    if (size == 0) return {};
    text.append(block.data(), static_cast<std::size_t>(size));
    if (text.size() > kLargestFile) return "larger than 4 MiB";
  }
}

std::string hexadecimal(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

bool is_wide(std::string_view text) {
  using namespace std::string_view_literals;
  return text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv) || text.starts_with("<\0"sv) ||
         text.starts_with("\0<"sv);
}

}  // namespace

std::optional<std::string> read_regular_file(const std::filesystem::path& file, const Place& blamed,
                                             const std::string& complaint, Diagnostics& diagnostics,
                                             const std::function<std::string(int)>& refuse) {
  // O_NONBLOCK: opening a FIFO without a writer would wait for one.
  const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  std::string text;
  std::string reason = descriptor.get() < 0 ? reason_of(errno) : refusal(descriptor.get());
  if (reason.empty() && refuse) reason = refuse(descriptor.get());
  if (reason.empty()) reason = read_all(descriptor.get(), text);
  if (reason.empty()) return text;
  diagnostics.error(blamed, complaint + ": " + reason);
  return std::nullopt;
}

SourceText::SourceText(std::string_view file, std::string_view text) : file_(file), text_(text), line_starts_{0} {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  for (auto end = text_.find('\n'); end != std::string_view::npos; end = text_.find('\n', end + 1))
    line_starts_.push_back(end + 1);
}

Place SourceText::place(std::size_t offset) const {
  const auto next_line = std::ranges::upper_bound(line_starts_, offset);
  const auto line = next_line - line_starts_.begin();
  const auto column = offset - *std::prev(next_line) + 1;
  return {file_, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)};
}

bool SourceText::check(Diagnostics& diagnostics) const {
  const auto refuse = [&](Place place, std::string message) {
    diagnostics.error(std::move(place), std::move(message));
    return false;
  };
  if (text_.size() > kLargestFile) return refuse({file_}, "larger than 4 MiB");
  if (is_wide(text_)) return refuse({file_}, "this is UTF-16 or UTF-32; only UTF-8 is read");
  for (std::size_t offset = 0; offset < text_.size();) {
    const auto byte = static_cast<unsigned char>(text_[offset]);
    if (byte == 0) return refuse(place(offset), "this is not text: it holds a NUL byte");
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r')
      return refuse(place(offset), "the control character " + hexadecimal(byte) + " is not allowed");
    const std::size_t length = utf8_length(text_.substr(offset));
    if (length == 0) return refuse(place(offset), "this is not UTF-8: the byte " + hexadecimal(byte));
    offset += length;
  }
  return true;
}

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const auto follows = [&](std::size_t index, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(index) >= low && byte(index) <= high;
  };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF)
    return follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && follows(2) ? 3 : 0;
  if (first >= 0xF0 && first <= 0xF4)
    return follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

void append_utf8(std::string& text, char32_t character) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((character >> shift) & 0x3F)); };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xC0 | (character >> 6));
    tail(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xE0 | (character >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0 | (character >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace tenon::descriptor
