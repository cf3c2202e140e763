#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

#include "descriptor/left_out.h"
#include "descriptor/reader.h"
#include "fuzz/words.h"

/// Any bytes as a descriptor. Ends the program if what is wrong is not told with a place in the text, or if one that is
/// in order isn't after a part of it has been left out.
namespace tenon::descriptor {
namespace {

void check_places(const Diagnostics& diagnostics, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const Diagnostic& one : diagnostics.sorted()) {
    if (one.place.file == "f.xml" && one.place.line <= lines && !one.message.empty()) continue;
    std::cerr << "fuzz_descriptor: a diagnostic without a place: " << one.to_string() << "\n";
    std::abort();
  }
}

}  // namespace
}  // namespace tenon::descriptor

std::span<const std::string_view> tenon::test::fuzz_words() {
  static constexpr std::array<std::string_view, 34> kWords{"<beans>",
                                                           "</beans>",
                                                           "<bean id='a' class='b.C'>",
                                                           "</bean>",
                                                           "<tenon:library ",
                                                           "<chains>",
                                                           "<chain name='",
                                                           "<service>",
                                                           "<message>",
                                                           "<error>",
                                                           "<tags>",
                                                           "<globalConfig>",
                                                           "<import resource='",
                                                           "<property name='p' value='",
                                                           "<flow class='",
                                                           "<parallel>",
                                                           "<branch>",
                                                           "<replace flow='",
                                                           "<list>",
                                                           "<map>",
                                                           "<entry key='",
                                                           "<value>",
                                                           "/>",
                                                           "<![CDATA[",
                                                           "]]>",
                                                           "<!--",
                                                           "-->",
                                                           "&amp;",
                                                           "&#xD800;",
                                                           "&#x10FFFF;",
                                                           "${a}",
                                                           "${a:${b:",
                                                           "$${",
                                                           "<!DOCTYPE a [<!ENTITY b '"};
  return kWords;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::descriptor;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Properties properties = [] {
    Properties some;
    some.set("a", "${b}${b}", "test");
    some.set("b", "text", "test");
    return some;
  }();
  Diagnostics diagnostics;
  std::vector<Text> imports;
  std::vector<Descriptor> read;
  read.push_back(read_descriptor("f.xml", text, properties, diagnostics, imports));
  check_places(diagnostics, text);
  static_cast<void>(count(read));
  leave_out({{"compute", "is in quarantine"}, {"b", "is in quarantine"}}, read, diagnostics);
  check_places(diagnostics, text);
  return 0;
}
