#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>

#include "node_fixture.h"

namespace tenon::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

using NodeStart = NodeTest;
using NodeStop = NodeTest;

TEST_F(NodeStart, says_ready_when_it_can_be_spoken_with) {
  node_.emplace(spawn());
  EXPECT_THAT(notifications_.receive(), HasSubstr("READY=1\nSTATUS=Running: 1 plugin, 3 chains"));
  const Outcome status = tenon({"status"});
  EXPECT_EQ(status.status, 0) << status.errors;
  EXPECT_THAT(read_lines(folder_.path() / "bells"), ElementsAre("start first", "start second"));
}

TEST_F(NodeStart, refuses_a_state_folder_that_another_node_uses) {
  start();
  Process other = spawn({{"tenon.socket", folder_.path() / "other.sock"}});
  EXPECT_EQ(other.wait(), 1);
  EXPECT_EQ(other.errors(),
            "tenond: NODE.1001: another node uses the state folder: " + (folder_.path() / "state").string() +
                " (process " + std::to_string(node_->pid()) + ")\n");
}

TEST_F(NodeStart, refuses_a_socket_that_another_node_listens_to) {
  start();
  Process other = spawn({{"tenon.state", folder_.path() / "other"}});
  EXPECT_EQ(other.wait(), 1);
  EXPECT_THAT(other.errors(),
              EndsWith("tenond: API.1001: another process listens on the socket: " + socket_.string() + "\n"));
  EXPECT_EQ(tenon({"status"}).status, 0);
}

TEST_F(NodeStart, works_where_a_node_was_killed) {
  start();
  node_->signal(SIGKILL);
  EXPECT_EQ(node_->wait(), 128 + SIGKILL);
  EXPECT_TRUE(std::filesystem::is_socket(socket_));
  start();
  EXPECT_EQ(tenon({"status"}).status, 0);
}

TEST_F(NodeStart, reports_all_errors_of_its_descriptors_and_starts_nothing) {
  const auto chains =
      folder_.write("descriptors/chains/bad.xml",
                    "<chains>\n  <chain name=\"bad\">\n    <flow class=\"gate.Pas\"/>\n  </chain>\n"
                    "  <chain name=\"worse\">\n    <flow class=\"gate.Fial\"/>\n  </chain>\n</chains>\n");
  Process node = spawn();
  EXPECT_EQ(node.wait(), 1);
  const std::string errors = node.errors();
  EXPECT_THAT(errors, HasSubstr(chains.string() + ":3:"));
  EXPECT_THAT(errors, HasSubstr("(did you mean 'gate.Pass'?)\n"));
  EXPECT_THAT(errors, HasSubstr(chains.string() + ":6:"));
  EXPECT_THAT(errors, ::testing::EndsWith("\n2 errors, 0 warnings\n"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "bells"));
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(NodeStart, refuses_properties_that_there_are_not) {
  Process node = spawn({{"tenon.log.levle", "debug"}});
  EXPECT_EQ(node.wait(), 1);
  EXPECT_EQ(node.errors(),
            "--set tenon.log.levle: error: the node has no property 'tenon.log.levle' (did you mean "
            "'tenon.log.level'?)\n1 error, 0 warnings\n");
}

TEST_F(NodeStop, says_stopping_stops_beans_in_reverse_and_exits_with_0) {
  start();
  node_->signal(SIGTERM);
  notifications_.wait_for("STOPPING=1");
  EXPECT_EQ(node_->wait(), 0);
  EXPECT_THAT(read_lines(folder_.path() / "bells"),
              ElementsAre("start first", "start second", "stop second", "stop first"));
  EXPECT_FALSE(std::filesystem::exists(socket_));
  EXPECT_THAT(node_->errors(), Not(HasSubstr("stays mapped")));
}

TEST_F(NodeStop, can_be_asked_for_by_the_keyboard) {
  start();
  node_->signal(SIGINT);
  EXPECT_EQ(node_->wait(), 0);
}

TEST_F(NodeStop, lets_runs_finish_and_takes_no_new_ones) {
  start();
  const auto run = run_folder("run");
  Process watcher = start_tenon({"run", "gate.pass", "--input", run_input(run)});
  wait_for_gate(run);
  node_->signal(SIGTERM);
  notifications_.wait_for("STOPPING=1");
  ASSERT_TRUE(eventually([&] { return text_of(json({"status"}), "state") == "stopping"; }));
  const Outcome refused = tenon({"run", "gate.pass", "--input", run_input(run)});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.errors, "tenon: FLOW.1011: the node is stopping and starts no runs\n");

  open_gate(run);
  EXPECT_EQ(node_->wait(), 0);
  EXPECT_EQ(watcher.wait(), 0) << watcher.errors();
  EXPECT_THAT(watcher.output(), HasSubstr(" of chain 'gate.pass' succeeded in "));
  EXPECT_THAT(read_lines(run / "log"), ElementsAre("pass", "wait", "pass"));
}

TEST_F(NodeStop, undoes_runs_whose_time_is_up) {
  start({{"tenon.stop.grace", "50ms"}});
  const auto run = run_folder("run");
  Process watcher = start_tenon({"run", "gate.pass", "--input", run_input(run)});
  wait_for_gate(run);
  EXPECT_EQ(stop(), 0);
  EXPECT_EQ(watcher.wait(), 1);
  EXPECT_THAT(watcher.errors(), HasSubstr("failed: FLOW.1004: the run was cancelled\n"));
  EXPECT_THAT(read_lines(run / "log"), ElementsAre("pass", "wait", "undo wait", "undo pass"));
  EXPECT_THAT(node_->errors(), HasSubstr("the time for runs to finish is up: they are undone runs=1"));
}

TEST_F(NodeStop, undoes_runs_at_once_at_the_second_signal) {
  start({{"tenon.stop.grace", "1h"}});
  const auto run = run_folder("run");
  Process watcher = start_tenon({"run", "gate.pass", "--input", run_input(run)});
  wait_for_gate(run);
  node_->signal(SIGTERM);
  notifications_.wait_for("STOPPING=1");
  node_->signal(SIGTERM);
  EXPECT_EQ(node_->wait(), 0);
  EXPECT_EQ(watcher.wait(), 1);
  EXPECT_THAT(read_lines(run / "log"), ElementsAre("pass", "wait", "undo wait", "undo pass"));
}

TEST_F(NodeStart, logs_a_step_that_is_answered_twice) {
  start();
  EXPECT_EQ(tenon({"run", "gate.twice"}).status, 0);
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(node_->errors(), HasSubstr("a step was answered a second time, without effect code=FLOW.1003"));
  EXPECT_THAT(node_->errors(), HasSubstr("flow=\"flow 'gate.Twice' of chain 'gate.twice'\""));
}

}  // namespace
}  // namespace tenon::test
