#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "descriptor/properties.h"
#include "fuzz/words.h"

/// Any bytes as a file of properties, and as a text that refers to them. Ends the program if a value is longer than a
/// value can be, or if what is wrong has no place.

std::span<const std::string_view> tenon::test::fuzz_words() {
  static constexpr std::array<std::string_view, 16> kWords{
      "${",   "}",        ":",        "$${",          " = ",  "\n",     "#", "${a}",
      "${a:", "a=${b}\n", "b=${a}\n", "\xef\xbb\xbf", "\r\n", "${c.d}", "$", "c.d=${a}${a}${a}${a}\n"};
  return kWords;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::descriptor;
  constexpr std::size_t kLongestValue = std::size_t{2} * 1024 * 1024;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Properties properties;
  Diagnostics diagnostics;
  properties.read_text("f.properties", text, diagnostics);
  properties.check(diagnostics);
  for (const std::string& name : properties.names()) {
    if (const auto entry = properties.find(name); !entry || entry->value.size() > kLongestValue) std::abort();
  }
  if (properties.substitute(text, Place{"f.properties", 1, 1}, diagnostics).size() > kLongestValue) std::abort();
  for (const Diagnostic& one : diagnostics.sorted()) {
    if (one.place.file == "f.properties" && !one.message.empty()) continue;
    std::cerr << "fuzz_properties: a diagnostic without a place: " << one.to_string() << "\n";
    std::abort();
  }
  return 0;
}
