#include <gmock/gmock.h>
#include <signal.h>

#include <string>

#include "api/json_text.h"
#include "node_fixture.h"

namespace tenon::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class Operator : public NodeTest {
 protected:
  Operator() {
    folder_.write("descriptors/chains/verbs.xml", R"(<chains xmlns="urn:tenon:chains">
  <chain name="twice" lock="folder:{folder}">
    <input key="folder"/>
    <flow class="gate.Wait"/>
    <flow class="gate.Wait"/>
    <flow class="gate.Pass"/>
  </chain>
  <chain name="list">
    <input key="folder"/>
    <flow class="gate.Pass"/>
  </chain>
</chains>
)");
  }

  /// A run of a chain that stands at its gate.
  struct Standing {
    Process process;
    std::filesystem::path folder;
    std::string id;
  };
  Standing stand(const std::string& chain, const std::string& name) {
    const auto folder = run_folder(name);
    Process process = start_tenon({"run", chain, "--input", run_input(folder)});
    wait_for_gate(folder);
    return {std::move(process), folder, newest()};
  }
  std::string newest() { return text_of(json({"run", "list", "--limit", "1"}).as_array()->front(), "id"); }
  void wait_for_pause(const std::string& run) {
    ASSERT_TRUE(eventually([&] {
      const Json shown = json({"run", "show", run});
      const Json* places = shown.find("places");
      return places != nullptr && text_of(places->as_array()->front(), "waiting") == "paused";
    }));
  }
  static std::string asked(const std::string& run, const std::string& chain, const std::string& what) {
    return "run " + run + " of chain '" + chain + "' " + what + "\n";
  }
  std::string log_of(const std::filesystem::path& folder) { return read_file(folder / "log"); }
};

TEST_F(Operator, pauses_a_run_and_lets_it_leave_out_a_step) {
  start();
  Standing run = stand("gate.pass", "run");
  EXPECT_EQ(tenon({"run", "pause", run.id, "--why", "look first"}).output,
            asked(run.id, "gate.pass", "stops before its next step"));
  EXPECT_EQ(text_of(json({"run", "list"}).as_array()->front(), "state"), "paused");
  EXPECT_THAT(tenon({"run", "skip-step", run.id, "--step", "3"}).errors, HasSubstr("JOURNAL.1007")) << "not there yet";
  open_gate(run.folder);
  wait_for_pause(run.id);
  EXPECT_THAT(tenon({"run", "skip-step", run.id, "--step", "2"}).errors,
              HasSubstr("FLOW.1042: another step is next: flow 'gate.Pass', the 3. of 3"));
  EXPECT_EQ(tenon({"run", "skip-step", run.id, "--step", "3"}).output,
            asked(run.id, "gate.pass", "leaves out the step"));
  EXPECT_EQ(run.process.wait(), 0) << "nothing is left to pause before: " << run.process.errors();
  EXPECT_EQ(log_of(run.folder), "pass\nwait\n");
  const std::string shown = tenon({"run", "show", run.id}).output;
  EXPECT_THAT(shown, ContainsRegex("\n3  gate\\.Pass  skipped "));
  EXPECT_THAT(shown, ContainsRegex("\nActions\n.*\n[^\n]+Z  pause +- +[a-z0-9 ]+ +look first\n"));
  EXPECT_THAT(tenon({"run", "pause", run.id}).errors, HasSubstr("has ended"));
}

TEST_F(Operator, says_that_a_step_is_done_and_what_it_wrote) {
  start();
  Standing run = stand("twice", "run");
  EXPECT_EQ(tenon({"run", "pause", run.id}).status, 0);
  open_gate(run.folder);
  wait_for_pause(run.id);
  EXPECT_THAT(tenon({"run", "mark-done", run.id, "--step", "2"}).errors,
              StartsWith("tenon: FLOW.1043: the data is not what the step declares that it writes: "));
  EXPECT_EQ(tenon({"run", "mark-done", run.id, "--step", "2", "--data", "-"}, R"({"key": "by hand"})").status, 0);
  wait_for_pause(run.id);
  EXPECT_EQ(log_of(run.folder), "wait\n") << "it stays paused";
  EXPECT_EQ(tenon({"run", "resume", run.id}).output, asked(run.id, "twice", "goes on"));
  EXPECT_EQ(run.process.wait(), 0) << run.process.errors();
  EXPECT_EQ(text_of(*json({"run", "show", run.id}).find("data"), "key"), "by hand");
  EXPECT_EQ(log_of(run.folder), "wait\npass\n");
}

TEST_F(Operator, sees_what_a_cancel_would_undo_before_it_does) {
  start();
  Standing run = stand("gate.pass", "run");
  EXPECT_THAT(tenon({"run", "preview-cancel", run.id}).output,
              MatchesRegex("# +FLOW +PLUGIN +NOTE\n2 +gate.Wait +gate +may be at work\n1 +gate.Pass +gate +-\n"));
  EXPECT_EQ(tenon({"run", "cancel", run.id}).output, asked(run.id, "gate.pass", "is asked to end"));
  EXPECT_EQ(run.process.wait(), 1);
  EXPECT_THAT(run.process.errors(), HasSubstr("FLOW.1004"));
  EXPECT_EQ(log_of(run.folder), "pass\nwait\nundo wait\nundo pass\n");
}

TEST_F(Operator, acts_on_all_runs_that_match) {
  start();
  Standing one = stand("gate.pass", "one");
  Standing two = stand("twice", "two");
  EXPECT_THAT(tenon({"run", "cancel", "--resource", "folder:*", "--dry-run"}).output,
              ContainsRegex("\n" + two.id + "  twice  running  would be cancelled; undo of gate\\.Wait\n"));
  EXPECT_EQ(tenon({"run", "cancel", "--chain", "no.such"}).output, "no run matches\n");
  const Json paused = json({"run", "pause", "--since", "1h", "--why", "maintenance"});
  EXPECT_EQ(*paused.find("done"), Json(2));
  const Outcome retried = tenon({"run", "retry", "--state", "paused"});
  EXPECT_EQ(retried.status, 1);
  EXPECT_THAT(retried.output, HasSubstr(one.id + "  gate.pass  paused  JOURNAL.1007: "));
  EXPECT_EQ(retried.errors, "tenon: retry failed for 2 of 2 runs\n");
  EXPECT_EQ(tenon({"run", "cancel", "--state", "paused"}).status, 0);
  EXPECT_EQ(one.process.wait(), 1);
  EXPECT_EQ(two.process.wait(), 1);
  EXPECT_EQ(log_of(two.folder), "wait\nundo wait\n");
}

TEST_F(Operator, finds_runs_of_the_processes_before) {
  start();
  const auto folder = run_folder("run");
  open_gate(folder);
  EXPECT_EQ(tenon({"run", "twice", "--input", run_input(folder)}).status, 0);
  EXPECT_EQ(tenon({"run", "gate.fail", "--input", run_input(folder)}).status, 1);
  const std::string failed = newest();
  EXPECT_EQ(stop(), 0);
  start();
  const auto found = [&](std::vector<std::string> filter) {
    filter.insert(filter.begin(), {"run", "list"});
    const Json list = json(std::move(filter));
    std::string chains;
    for (const Json& run : *list.as_array()) chains += text_of(run, "chain") + " ";
    return chains;
  };
  EXPECT_EQ(found({}), "gate.fail twice ");
  EXPECT_EQ(found({"--state", "succeeded,running"}), "twice ");
  EXPECT_EQ(found({"--error", "GATE.*"}), "gate.fail ");
  EXPECT_EQ(found({"--resource", "folder:" + folder.string()}), "twice ");
  EXPECT_EQ(found({"--chain", "gate.fail", "--since", "1h"}), "gate.fail ");
  EXPECT_EQ(found({"--until", "1h"}), "");
  EXPECT_EQ(found({"--before", failed}), "twice ");
  EXPECT_THAT(tenon({"run", "list", "--limit", "1"}).output, HasSubstr("\nthere are older ones: --before " + failed));
  EXPECT_THAT(tenon({"run", "show", failed}).output,
              AllOf(ContainsRegex("\n2  gate\\.Stuck  undo-failed "), HasSubstr("GATE.1002: told to fail")));
  EXPECT_EQ(tenon({"run", "watch", failed}).status, 1);
}

TEST_F(Operator, sees_a_run_that_was_interrupted_as_a_whole) {
  start();
  Standing run = stand("gate.pass", "run");
  node_->signal(SIGKILL);
  EXPECT_EQ(run.process.wait(), 3);
  start();
  ASSERT_TRUE(eventually([&] { return json({"run", "show", run.id}).find("ended") != nullptr; }));
  const Json shown = json({"run", "show", run.id});
  EXPECT_EQ(text_of(shown, "state"), "failed");
  EXPECT_EQ(*shown.find("recoveries"), Json(1));
  EXPECT_EQ(text_of(*shown.find("error"), "code"), "FLOW.1040");
  EXPECT_EQ(log_of(run.folder), "pass\nwait\nundo wait\nundo pass\n");
}

TEST_F(Operator, looks_after_debts) {
  start();
  EXPECT_EQ(tenon({"run", "gate.fail", "--input", run_input(run_folder("run"))}).status, 1);
  const std::string run = newest();
  const std::string key = run + ":1";
  EXPECT_THAT(
      tenon({"run", "show", run}).output,
      AllOf(HasSubstr("owed as debt " + key), ContainsRegex("\nDebts\n.*\n" + key + "  gate\\.fail  gate\\.Stuck ")));
  EXPECT_EQ(stop(), 0);
  start();
  EXPECT_THAT(tenon({"debt", "list", "--plugin", "gate"}).output,
              ContainsRegex("\n" + key + "  gate\\.fail  gate\\.Stuck  open .* GATE\\.1004: cannot be undone\n"));
  EXPECT_EQ(tenon({"debt", "retry", key, "--why", "try it"}).output, "debt " + key + " is tried now\n");
  ASSERT_TRUE(eventually([&] { return *json({"debt", "show", key}).find("attempts") == Json(1); }));
  EXPECT_EQ(*json({"status"}).find("debts_open"), Json(1));
  EXPECT_EQ(tenon({"debt", "settle", key}).status, 2) << "it takes a reason";
  EXPECT_EQ(tenon({"debt", "settle", key, "--reason", "nothing there"}).output, "debt " + key + " is settled\n");
  EXPECT_EQ(json({"debt", "list"}).as_array()->size(), 0U);
  EXPECT_EQ(json({"debt", "list", "--state", "settled", "--run", run}).as_array()->size(), 1U);
  EXPECT_THAT(tenon({"debt", "retry", key}).errors, HasSubstr(key + " is settled"));
  EXPECT_EQ(tenon({"debt", "show", "x:1"}).errors, "tenon: there is no debt 'x:1'\n");
  EXPECT_THAT(tenon({"run", "show", run}).output,
              AllOf(ContainsRegex("retry-debt +debt " + key + " +[^\n]+  try it\n"),
                    ContainsRegex("settle-debt +debt " + key + " +[^\n]+  nothing there\n")));
}

TEST_F(Operator, can_start_a_chain_that_is_called_as_a_verb) {
  start();
  const std::string input = run_input(run_folder("run"));
  EXPECT_THAT(tenon({"run", "list"}).output, StartsWith("ID "));
  EXPECT_THAT(tenon({"run", "start", "list", "--input", input}).output, HasSubstr("of chain 'list' succeeded in "));
  EXPECT_EQ(text_of(json({"runs", "list"}).as_array()->front(), "chain"), "list");
}

TEST_F(Operator, is_told_how_verbs_are_used) {
  start();
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"run", "cancel"},
                                             {"run", "cancel", "x", "--chain", "y"},
                                             {"run", "cancel", "x", "--dry-run"},
                                             {"run", "cancel", "x", "y"},
                                             {"run", "list", "--watch"},
                                             {"run", "skip-step", "x"},
                                             {"run", "skip-step", "x", "--step", "0"},
                                             {"run", "start"},
                                             {"debt", "show"}}) {
    EXPECT_EQ(tenon(wrong).status, 2);
  }
  EXPECT_EQ(tenon({"run", "cancel", "x"}).errors, "tenon: there is no run 'x'\n");
  EXPECT_THAT(
      tenon({"run", "list", "--state", "walking"}).errors,
      HasSubstr("state: expected some of running, undoing, paused, parked, succeeded, failed, found 'walking'"));
  EXPECT_EQ(tenon({"run", "mark-done", "x", "--step", "1", "--data", "-"}, "[]").errors,
            "tenon: standard input: expected an object with the step's data, found array\n");
}

}  // namespace
}  // namespace tenon::test
