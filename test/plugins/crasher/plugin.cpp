#include <tenon/plugin.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

/// Flows that end the node, in the way that their run is told.
namespace crasher {
namespace {

inline constexpr tenon::FlowKey<std::string> kFolder{"folder"};
inline constexpr tenon::FlowKey<std::string> kHow{"how"};

void note(const std::string& folder, const std::string& line) {
  std::ofstream(folder + "/log", std::ios::app) << line << "\n";
}

volatile bool endless = true;

/// Each call needs its frame after the next one: the compiler can make no loop of it.
[[gnu::noinline]] int descend(volatile char* above) {  // NOLINT(misc-no-recursion)
  volatile char frame[4096];
  frame[0] = *above;
  if (!endless) return 0;
  const int below = descend(frame);
  return below + frame[0];
}

/// Not constant: a compiler may do as it likes with a call through what it knows to be null.
void (*volatile nowhere)() = nullptr;
int* volatile null_address = nullptr;

void crash(const std::string& how) {
  volatile char start = 0;
  if (how == "segfault") *null_address = 1;
  if (how == "null-call") nowhere();
  if (how == "overflow") descend(&start);
  if (how == "abort") std::abort();
  if (how == "own-thread") std::thread([] { throw std::runtime_error("nobody catches this"); }).join();
  if (how == "own-thread-overflow") std::thread([&start] { descend(&start); }).join();
}

class Mark : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    note(step.get(kFolder), "mark");
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    note(step.get(kFolder), "undo mark");
    std::move(step).next();
  }
};

class Crash : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    crash(step.get(kHow));
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    note(step.get(kFolder), "undo crash");
    std::move(step).next();
  }
};

/// The same on a thread of the pool for flows that block.
class CrashBlocking : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override { crash(data.get(kHow)); }
  void undo(tenon::FlowData& data) const override { note(data.get(kFolder), "undo crash"); }
};

}  // namespace
}  // namespace crasher

TENON_PLUGIN("crasher", "1.0.0", plugin) {
  plugin.flow<crasher::Mark>("crasher.Mark").reads(crasher::kFolder);
  plugin.flow<crasher::Crash>("crasher.Crash").reads(crasher::kFolder).reads(crasher::kHow);
  plugin.flow<crasher::CrashBlocking>("crasher.CrashBlocking").reads(crasher::kFolder).reads(crasher::kHow);
}
