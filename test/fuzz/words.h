#pragma once

#include <span>
#include <string_view>

namespace tenon::test {

/// What is put into inputs as it is, since chance would hardly make it. Each entry has its own; libFuzzer finds such
/// words in the program.
[[nodiscard]] std::span<const std::string_view> fuzz_words();

}  // namespace tenon::test
