#include <signal.h>
#include <tenon/plugin.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace crash {
namespace {

/// Kills the node, as `kill -9` does, if the file says so: `run STEP MICROSECONDS` or `undo STEP MICROSECONDS`. The
/// step is this one's number in the chain, from 0; it answers, and the node is dead so much later, or before it has
/// answered if that is 0. The file is gone then, so that this happens once.
class Kill : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    blow("run", step.key());
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    blow("undo", step.key());
    std::move(step).next();
  }

  std::string file;

 private:
  void blow(std::string_view side, const std::string& key) const {
    std::ifstream in(file);
    std::string wanted_side;
    std::string wanted_step;
    std::int64_t delay = 0;
    in >> wanted_side >> wanted_step >> delay;
    if (!in || wanted_side != side || !key.ends_with(":" + wanted_step)) return;
    if (std::remove(file.c_str()) != 0) return;
    if (delay == 0) ::kill(::getpid(), SIGKILL);
    std::thread([delay] {
      std::this_thread::sleep_for(std::chrono::microseconds(delay));
      ::kill(::getpid(), SIGKILL);
    }).detach();
  }
};

}  // namespace
}  // namespace crash

TENON_PLUGIN("crash", "1.0.0", plugin) {
  plugin.flow<crash::Kill>("crash.Kill").property("file", &crash::Kill::file, {.required = true});
}
