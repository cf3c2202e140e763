#include <tenon/plugin.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

/// Flows that wait for the test and tell it what they do, by files in the folder that a run is given.
namespace gate {
namespace {

inline constexpr tenon::FlowKey<std::string> kFolder{"folder"};
inline constexpr tenon::FlowKey<std::string> kKey{"key"};

void note(const std::string& folder, const std::string& line) {
  std::ofstream(folder + "/log", std::ios::app) << line << "\n";
}

/// Makes the file `waiting`, then waits until there is a file `open`, or until it is cancelled.
class Wait : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override {
    const std::string& folder = data.get(kFolder);
    note(folder, "wait");
    data.progress(50, "waiting for the gate");
    std::ofstream(folder + "/waiting").close();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!std::filesystem::exists(folder + "/open")) {
      if (data.cancelled()) throw tenon::Error(tenon::make_error("GATE.1001", "the gate stays closed", "cancelled"));
      if (std::chrono::steady_clock::now() > deadline) {
        throw tenon::Error(tenon::make_error("GATE.1001", "the gate stays closed", "two minutes"));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    data.set(kKey, data.key());
  }
  void undo(tenon::FlowData& data) const override { note(data.get(kFolder), "undo wait"); }
};

class Pass : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    note(step.get(kFolder), "pass");
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    note(step.get(kFolder), "undo pass");
    std::move(step).next();
  }
};

class Fail : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    tenon::ErrorCode error = tenon::make_error("GATE.1002", "told to fail", "by the test");
    error.causes.push_back(tenon::make_error("GATE.1003", "the reason of it"));
    std::move(step).fail(std::move(error));
  }
};

class Stuck : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
  void rollback(tenon::FlowStep step) const override {
    std::move(step).fail(tenon::make_error("GATE.1004", "cannot be undone"));
  }
};

/// Answers, and once more.
class Twice : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    std::move(step).next();
    std::move(step).next();
  }
};

class Bell : public tenon::Component {
 public:
  void start() override { ring("start"); }
  void stop() override { ring("stop"); }
  void ring(const std::string& what) const { std::ofstream(file, std::ios::app) << what << " " << name << "\n"; }
  std::string file;
  std::string name;
};

}  // namespace
}  // namespace gate

TENON_PLUGIN("gate", "1.0.0", plugin) {
  plugin.flow<gate::Wait>("gate.Wait").reads(gate::kFolder).writes(gate::kKey);
  plugin.flow<gate::Pass>("gate.Pass").reads(gate::kFolder);
  plugin.flow<gate::Fail>("gate.Fail");
  plugin.flow<gate::Stuck>("gate.Stuck");
  plugin.flow<gate::Twice>("gate.Twice");
  plugin.bean<gate::Bell>("gate.Bell")
      .property("file", &gate::Bell::file, {.required = true, .description = "where it is heard"})
      .property("name", &gate::Bell::name);
}
