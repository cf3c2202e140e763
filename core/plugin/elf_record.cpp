#include "plugin/elf_record.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace tenon::plugin {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "the machine's ELF number is not known here"
#endif

constexpr std::uint64_t kMaxSectionNames = 1 << 20;

/// A regular file, read by offset.
class File {
 public:
  explicit File(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0) {
      problem_ = std::strerror(errno);
      return;
    }
    struct stat status {};
    if (::fstat(fd_, &status) != 0) {
      problem_ = std::strerror(errno);
    } else if (!S_ISREG(status.st_mode)) {
      problem_ = "not a regular file";
    } else {
      size_ = static_cast<std::uint64_t>(status.st_size);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// Null if the file can be read.
  [[nodiscard]] const char* problem() const { return problem_; }

  /// Fills `size` bytes from `offset`; false if they are not all within the file.
  [[nodiscard]] bool read(std::uint64_t offset, void* to, std::uint64_t size) const {
    if (offset > size_ || size > size_ - offset) return false;
    auto* out = static_cast<char*>(to);
    while (size > 0) {
      ssize_t got = ::pread(fd_, out, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      out += got;
      offset += static_cast<std::uint64_t>(got);
      size -= static_cast<std::uint64_t>(got);
    }
    return true;
  }

 private:
  int fd_;
  std::uint64_t size_ = 0;
  const char* problem_ = nullptr;
};

ErrorCode damaged(const std::filesystem::path& file, const char* what) {
  return make_error("PLUGIN.1003", "not a shared library for this machine", file.string() + ": " + what);
}

}  // namespace

Result<PluginRecord> read_record(const std::filesystem::path& path) {
  const File file(path);
  if (file.problem() != nullptr) {
    return make_error("PLUGIN.1001", "cannot read the library", path.string() + ": " + file.problem());
  }

  Elf64_Ehdr header{};
  if (!file.read(0, header.e_ident, EI_NIDENT) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return make_error("PLUGIN.1002", "not an ELF file", path.string());
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return damaged(path, "not a 64-bit little-endian file");
  }
  if (!file.read(0, &header, sizeof header)) return damaged(path, "the ELF header is cut off");
  if (header.e_machine != kMachine) return damaged(path, "built for another kind of processor");
  if (header.e_type != ET_DYN) return damaged(path, "an ELF file, but no shared library");
  if (header.e_shoff == 0 || header.e_shnum == 0) {
    return make_error("PLUGIN.1004", "no plugin record", path.string() + ": the file has no section headers");
  }
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum) {
    return damaged(path, "the section headers are damaged");
  }

  std::vector<Elf64_Shdr> sections(header.e_shnum);
  if (!file.read(header.e_shoff, sections.data(), sections.size() * sizeof(Elf64_Shdr))) {
    return damaged(path, "the section headers are cut off");
  }
  const Elf64_Shdr& name_section = sections[header.e_shstrndx];
  if (name_section.sh_size > kMaxSectionNames) return damaged(path, "the section names are damaged");
  std::string names(name_section.sh_size, '\0');
  if (!file.read(name_section.sh_offset, names.data(), names.size())) {
    return damaged(path, "the section names are cut off");
  }

  for (const Elf64_Shdr& section : sections) {
    if (section.sh_name >= names.size() || kRecordSection != names.c_str() + section.sh_name) continue;
    PluginRecord record{};
    if (section.sh_type != SHT_PROGBITS || section.sh_size < sizeof record ||
        !file.read(section.sh_offset, &record, sizeof record)) {
      return damaged(path, "the section .tenon.plugin is cut off");
    }
    return record;
  }
  return make_error("PLUGIN.1004", "no plugin record",
                    path.string() + ": the file has no section .tenon.plugin (is TENON_PLUGIN used?)");
}

}  // namespace tenon::plugin
