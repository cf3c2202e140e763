#include "plugin/elf_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

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

}  // namespace

ElfFile::ElfFile(std::filesystem::path path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
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

ElfFile::ElfFile(ElfFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      problem_(other.problem_),
      sections_(std::move(other.sections_)),
      names_(std::move(other.names_)) {}

ElfFile::~ElfFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<ElfFile> ElfFile::open(const std::filesystem::path& path) {
  ElfFile file(path);
  if (file.problem_ != nullptr) {
    return make_error("PLUGIN.1001", "cannot read the library", path.string() + ": " + file.problem_);
  }
  if (Result<void> headers = file.read_headers(); !headers) return std::move(headers).error();
  return file;
}

Result<void> ElfFile::read_headers() {
  Elf64_Ehdr header{};
  if (!read(0, header.e_ident, EI_NIDENT) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return make_error("PLUGIN.1002", "not an ELF file", path_.string());
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return damaged("not a 64-bit little-endian file");
  }
  if (!read(0, &header, sizeof header)) return damaged("the ELF header is cut off");
  if (header.e_machine != kMachine) return damaged("built for another kind of processor");
  if (header.e_type != ET_DYN) return damaged("an ELF file, but no shared library");
  if (header.e_shoff == 0 || header.e_shnum == 0) {
    return make_error("PLUGIN.1004", "no plugin record", path_.string() + ": the file has no section headers");
  }
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum) {
    return damaged("the section headers are damaged");
  }

  sections_.resize(header.e_shnum);
  if (!read(header.e_shoff, sections_.data(), sections_.size() * sizeof(Elf64_Shdr))) {
    return damaged("the section headers are cut off");
  }
  const Elf64_Shdr& name_section = sections_[header.e_shstrndx];
  if (name_section.sh_size > kMaxSectionNames) return damaged("the section names are damaged");
  names_.assign(name_section.sh_size, '\0');
  if (!read(name_section.sh_offset, names_.data(), names_.size())) return damaged("the section names are cut off");
  return {};
}

std::string_view ElfFile::name(const Elf64_Shdr& section) const {
  return section.sh_name < names_.size() ? names_.c_str() + section.sh_name : "";
}

bool ElfFile::read(std::uint64_t offset, void* to, std::uint64_t size) const {
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

ErrorCode ElfFile::damaged(std::string_view what) const {
  return make_error("PLUGIN.1003", "not a shared library for this machine", path_.string() + ": " + std::string(what));
}

}  // namespace tenon::plugin
