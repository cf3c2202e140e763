#include <tenon/plugin.h>

#include <string>

// One source, one fault a library: see CMakeLists.txt.

#if defined(BARE)
[[gnu::visibility("default")]] int nobody_calls_this() { return 1; }

#elif defined(NO_RECORD)
extern "C" [[gnu::visibility("default")]] void tenon_plugin_register(tenon::Registration*) {}

#elif defined(NO_ENTRY)
extern "C" {
[[gnu::section(".tenon.plugin"), gnu::used, gnu::retain]] static constexpr tenon::PluginRecord record =
    tenon::make_record("no_entry", "1.0.0");
}

#else
#if defined(EXPORTS)
extern "C" [[gnu::visibility("default")]] int helper() { return 1; }

#elif defined(UNIQUE)
template <class T>
struct [[gnu::visibility("default")]] Cache {
  static inline int entries = 0;
};
extern "C" [[gnu::visibility("hidden")]] int count() { return ++Cache<int>::entries; }

#elif defined(INITIAL_EXEC)
namespace unfit {
thread_local int depth = 0;
int deeper() { return ++depth; }
}  // namespace unfit

#elif defined(LEASE_MARK)
// As a plugin finds the node's mark.
extern "C" {
[[gnu::weak, gnu::tls_model("initial-exec")]] extern constinit thread_local unsigned long tenon_lease_mark;
}
extern "C" unsigned long lease() { return &tenon_lease_mark != nullptr ? tenon_lease_mark : 0; }

#elif defined(EXIT_HOOK)
namespace unfit {
thread_local std::string last;
void remember(const std::string& text) { last = text; }
}  // namespace unfit

#endif

class Thing {};
TENON_PLUGIN(NAME, "1.0.0", plugin) { plugin.bean<Thing>(NAME ".Thing"); }
#endif
