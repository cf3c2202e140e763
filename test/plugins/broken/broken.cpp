#include <tenon/plugin.h>

#include <stdexcept>

// One source, one fault a library: see CMakeLists.txt.

#if defined(NO_RECORD)
extern "C" [[gnu::visibility("default")]] void tenon_plugin_register(tenon::Registration*) {}

#elif defined(NO_ENTRY)
extern "C" {
[[gnu::section(".tenon.plugin"), gnu::used, gnu::retain]] static constexpr tenon::PluginRecord record =
    tenon::make_record("no_entry", "1.0.0");
}

#elif defined(UNRESOLVED)
namespace nowhere {
int to_be_found();
}
TENON_PLUGIN("unresolved", "1.0.0", plugin) {
  if (nowhere::to_be_found() == 0) plugin.resource<int>("unresolved.Thing");
}

#elif defined(THROWS)
TENON_PLUGIN("throws", "1.0.0", plugin) {
  plugin.resource<int>("throws.Thing");
  throw std::runtime_error("not today");
}

#elif defined(FOREIGN_NAME)
TENON_PLUGIN("foreign_name", "1.0.0", plugin) { plugin.resource<int>("sample.Thing"); }
#endif
