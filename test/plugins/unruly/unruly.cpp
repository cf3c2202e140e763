#include <tenon/plugin.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

// One source, one broken rule a library: see CMakeLists.txt.
#if defined(INITIAL_EXEC)
namespace unruly {
thread_local int depth = 0;
int deeper() { return ++depth; }
}  // namespace unruly
#elif defined(UNIQUE)
template <class T>
struct [[gnu::visibility("default")]] Cache {
  static inline int entries = 0;
};
#endif

namespace {

#if defined(PINNED)
thread_local std::string last_greeting;
#endif

class Thing final : public tenon::Component {
 public:
  void start() override {
#if defined(THREAD)
    std::thread([] {
      while (true) std::this_thread::sleep_for(std::chrono::hours(1));
    }).detach();
#elif defined(MEMORY)
    leaked = new char[kSize];
#elif defined(PINNED)
    last_greeting = "a text that is too long to be kept in the string itself";
#elif defined(UNIQUE)
    ++Cache<int>::entries;
#elif defined(KEPT)
    new tenon::Pin(tenon::Pin::here());
#elif defined(THROWS)
    throw std::runtime_error("not today");
#endif
  }
  void stop() noexcept override {
#if defined(CRASH)
    std::raise(SIGSEGV);
#elif defined(EXIT)
    std::_Exit(3);
#endif
  }

 private:
#if defined(MEMORY)
  static constexpr int kSize = 4000;
  char* volatile leaked = nullptr;
#endif
};

}  // namespace

TENON_PLUGIN(NAME, "1.0.0", plugin) { plugin.bean<Thing>(NAME ".Thing"); }
