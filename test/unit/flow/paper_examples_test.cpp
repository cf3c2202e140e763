#include <tenon/chain.h>
#include <tenon/paper/vm_flows.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/code_chains.h"
#include "flow/engine.h"
#include "flows_page.h"
#include "support/loading.h"
#include "support/run.h"

/// The examples of the ZStack white paper, as this project has them.
namespace {

using namespace std::chrono_literals;
using tenon::Value;
using testing::ElementsAre;
using testing::IsEmpty;

class PaperExamples : public testing::Test {
 protected:
  PaperExamples() {
    folder_.node.set_chains(&chains_);
    chains_.open(engine_, [this](std::string_view name) { return wiring_->find_chain(name); });
  }
  void TearDown() override {
    chains_.close();
    EXPECT_TRUE(engine_.wait_idle(10s));
  }
  /// Loads the descriptors that docs/flows.md shows.
  void load() {
    folder_.library(TEST_PLUGINS "/paper.so");
    volumes_ = folder_.folder.path() / "volumes";
    std::filesystem::create_directory(volumes_);
    folder_.properties.set("paper.folder", volumes_.string(), "the test");
    for (const tenon::test::PageBlock& block : tenon::test::flows_page()) {
      if (block.language != "xml" || block.marker == "refused") continue;
      folder_.descriptor("line" + std::to_string(block.line) + ".xml", tenon::test::descriptor_of(block));
    }
    tenon::wiring::LoadResult result = folder_.load();
    ASSERT_NE(result.wiring, nullptr) << testing::PrintToString(folder_.messages(result));
    wiring_ = std::move(result.wiring);
  }
  tenon::flow::RunResult run(const char* chain, std::vector<std::pair<std::string, Value>> input) {
    return tenon::test::run_chain(engine_, wiring_->find_chain(chain), std::move(input));
  }
  static Value text(const char* value) { return Value::of<std::string>(value); }
  [[nodiscard]] bool no_volumes() const { return std::filesystem::is_empty(volumes_); }

  tenon::test::LoadingFolder folder_;
  std::filesystem::path volumes_;
  std::shared_ptr<tenon::wiring::Wiring> wiring_;
  tenon::flow::CodeChains chains_;
  tenon::flow::Engine engine_;
};

TEST_F(PaperExamples, new_simple_flow_chain) {
  // [simple-chain]
  std::vector<std::string> seen;
  tenon::Result<std::uint64_t> run =
      tenon::new_simple_flow_chain("create-volume")
          .then(
              "allocate space",
              [&](tenon::FlowStep step) {
                seen.emplace_back("allocated");
                std::move(step).next();
              },
              [&](tenon::FlowStep step) {
                seen.emplace_back("given back");
                std::move(step).next();
              })
          .then(
              "create file",
              [&](tenon::FlowStep step) { std::move(step).fail(tenon::make_error("PAPER.1003", "the disk is full")); })
          .done([&](const tenon::ChainData&) { seen.emplace_back("done"); })
          .error([&](const tenon::ErrorCode& error, const tenon::ChainData&) { seen.push_back(error.description); })
          .finally([&] { seen.emplace_back("finally"); })
          .start();
  // [/simple-chain]
  EXPECT_TRUE(run.ok());
  EXPECT_THAT(seen, ElementsAre("allocated", "given back", "the disk is full", "finally"));
}

// [share-chain]
struct Attach {
  std::string volume;
  int device = 0;
};

tenon::Result<std::uint64_t> attach(const std::string& volume, std::string& outcome) {
  return tenon::new_share_flow_chain("attach-volume", Attach{volume})
      .then("assign device id",
            [](tenon::FlowStep step, Attach& attach) {
              attach.device = 3;
              std::move(step).next();
            })
      .then("attach on hypervisor", [](tenon::FlowStep step, Attach& /*attach*/) { std::move(step).next(); })
      .done([&](Attach& attach) { outcome = attach.volume + " is device " + std::to_string(attach.device); })
      .start();
}
// [/share-chain]

TEST_F(PaperExamples, share_flow_chain) {
  std::string outcome;
  EXPECT_TRUE(attach("data", outcome).ok());
  EXPECT_EQ(outcome, "data is device 3");
}

TEST_F(PaperExamples, set_flow_class_names) {
  load();
  auto* manager =
      static_cast<paper::VmManager*>(wiring_->extension_list(std::string(paper::VmManager::kInterface)).at(0).object);
  EXPECT_TRUE(manager->create("web").ok());
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(folder_.node.lines(), ElementsAre("run flow=ImageSelectBackupStorage", "run flow=AllocatePrimaryStorage",
                                                "run flow=CreateOnHypervisor", "vm created vm=web host=h1"));
  std::filesystem::remove_all(volumes_);
  EXPECT_TRUE(manager->create("late").ok());
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(folder_.node.lines().back(),
              "vm not created vm=late error=PAPER.1002: no folder for volumes: " + volumes_.string());
}

TEST_F(PaperExamples, an_appliance_differs_in_its_nic_alone) {
  load();
  EXPECT_EQ(*run("vm.create", {{"vm", text("web")}}).find("nic")->as<std::string>(), "nic of web");
  EXPECT_EQ(*run("appliance.create", {{"vm", text("router")}}).find("nic")->as<std::string>(),
            "management nic of router");
}

TEST_F(PaperExamples, an_extension_is_a_step_that_is_undone_and_released) {
  load();
  EXPECT_TRUE(run("vm.create", {{"vm", text("web")}}).ok());
  EXPECT_THAT(folder_.node.lines(), ElementsAre("run flow=ImageSelectBackupStorage", "run flow=AllocatePrimaryStorage",
                                                "tunnel made vm=web host=h1", "run flow=CreateOnHypervisor"));
  EXPECT_FALSE(no_volumes());
  EXPECT_TRUE(run("vm.destroy", {{"vm", text("web")}, {"host", text("h1")}}).ok());
  EXPECT_EQ(folder_.node.lines().back(), "tunnel released vm=web");

  std::filesystem::remove_all(volumes_);
  std::filesystem::create_directory(volumes_);
  const auto chain = wiring_->find_chain("vm.create");
  std::promise<tenon::flow::RunResult> ended;
  tenon::flow::RunRequest request{
      chain, {{"vm", text("db")}}, {}, [&](tenon::flow::RunResult result) { ended.set_value(std::move(result)); }};
  request.injection = tenon::flow::Injection{chain->steps.size() - 1, tenon::flow::Injection::When::kAfter};
  ASSERT_TRUE(engine_.start(std::move(request)).ok());
  EXPECT_FALSE(ended.get_future().get().ok());
  const std::vector<std::string> lines = folder_.node.lines();
  EXPECT_THAT(std::vector<std::string>(lines.end() - 4, lines.end()),
              ElementsAre("undo flow=CreateOnHypervisor", "tunnel undone vm=db", "undo flow=AllocatePrimaryStorage",
                          "undo flow=ImageSelectBackupStorage"));
  EXPECT_TRUE(no_volumes());
}

}  // namespace
