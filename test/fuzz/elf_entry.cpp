#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "fuzz/words.h"
#include "plugin/elf_record.h"
#include "plugin/handshake.h"

/// Any bytes as the file of a plugin: whatever stands in it, reading its record ends, with a record or an error.

std::span<const std::string_view> tenon::test::fuzz_words() {
  using namespace std::string_view_literals;
  static constexpr std::array kWords{
      "\x7f"
      "ELF\x02\x01\x01"sv,
      ".tenon.plugin\0"sv,
      "TENON\r\n\0"sv,
      "\xff\xff\xff\xff\xff\xff\xff\xff"sv,
      "\0\0\0\0\0\0\0\0"sv,
      "\x40\0"sv,
      "\xff\xff"sv,
      "\0\0\0\0\0\0\0\x80"sv};
  return kWords;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("input", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  const auto record = tenon::plugin::read_record("/proc/self/fd/" + std::to_string(file));
  ::close(file);
  if (record) {
    for (const std::string& line : tenon::plugin::compare_record(*record, "sample", "1.2.0")) {
      if (line.empty() || line.size() > 1000) std::abort();
    }
  } else if (!record.error().code.starts_with("PLUGIN.100")) {
    std::cerr << "fuzz_elf: an unknown error: " << record.error().to_string() << "\n";
    std::abort();
  }
  return 0;
}
