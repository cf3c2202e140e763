#include <gmock/gmock.h>
#include <signal.h>

#include <cstdint>
#include <cstdlib>

#include "node_fixture.h"
#include "support/postgres.h"

namespace tenon::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class NodeWithStore : public NodeTest {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "state" / "tenon.db"; }
  /// `tenon store …` with the folders of this test.
  Outcome store(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "store");
    for (const char* name : {"descriptors", "plugins", "state"}) {
      arguments.insert(arguments.end(),
                       {"--set", "tenon." + std::string(name) + "=" + (folder_.path() / name).string()});
    }
    return tenon(std::move(arguments));
  }
  Json told_of_store() {
    const Json status = json({"status"});
    const Json* told = status.find("store");
    return told != nullptr ? *told : Json();
  }
  /// 0 if it is not told.
  std::int64_t node_number() {
    const Json told = told_of_store();
    const Json* number = told.find("node");
    return number != nullptr && number->as_int() != nullptr ? *number->as_int() : 0;
  }
};

TEST_F(NodeWithStore, makes_it_and_tells_of_it) {
  start();
  const Outcome status = tenon({"status"});
  EXPECT_THAT(status.output, ContainsRegex("store +sqlite " + file().string() + "\n"));
  EXPECT_THAT(status.output, ContainsRegex("store state +open\n"));
  EXPECT_EQ(node_number(), 1);
  EXPECT_EQ(stop(), 0);
  start();
  EXPECT_EQ(node_number(), 2) << "each start is a node of its own";
  EXPECT_EQ(stop(), 0);
}

TEST_F(NodeWithStore, applies_the_migrations_of_plugins) {
  folder_.write("descriptors/schema/gate/001_visits.sql", "CREATE TABLE visit (id bigint PRIMARY KEY)");
  EXPECT_EQ(store({"status"}).status, 1) << "there is none yet";
  start();
  const Outcome status = store({"status"});
  EXPECT_EQ(status.status, 0) << status.errors;
  EXPECT_THAT(status.output, ContainsRegex("migrations  [0-9]+ applied, 0 pending\n"));
  EXPECT_THAT(store({"migrate"}).errors, HasSubstr("STORE.1012: another process uses the store")) << "a node runs";
  EXPECT_EQ(stop(), 0);
  folder_.write("descriptors/schema/gate/002_more.sql", "CREATE TABLE more (id bigint PRIMARY KEY)");
  EXPECT_THAT(store({"status"}).output, HasSubstr("pending     gate/002_more\n"));
  EXPECT_EQ(store({"migrate"}).output, "gate/002_more\n1 migration applied\n");
  folder_.write("descriptors/schema/gate/001_visits.sql", "CREATE TABLE visit (id text PRIMARY KEY)");
  Process refused = spawn();
  EXPECT_EQ(refused.wait(), 1);
  EXPECT_THAT(refused.errors(), StartsWith("tenond: STORE.1020: the store's migrations are in disorder: "));
  EXPECT_THAT(refused.errors(), HasSubstr("001_visits.sql was changed after it was applied"));
}

TEST_F(NodeWithStore, does_not_start_on_a_damaged_one) {
  const std::string rubbish =
      "this was a database once; now it is a text of more than a hundred bytes, and no node may "
      "take it for its own";
  folder_.write("state/tenon.db", rubbish);
  Process node = spawn();
  EXPECT_EQ(node.wait(), 1);
  EXPECT_THAT(node.errors(),
              StartsWith("tenond: STORE.1006: the store's file is damaged or not Tenon's: " + file().string()));
  EXPECT_EQ(read_file(file()), rubbish);
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(NodeWithStore, does_not_share_a_file_with_another_node) {
  start();
  Process other = spawn({{"tenon.state", folder_.path() / "other"},
                         {"tenon.socket", folder_.path() / "other.sock"},
                         {"tenon.store", "sqlite:" + file().string()}});
  EXPECT_EQ(other.wait(), 1);
  EXPECT_EQ(other.errors(), "tenond: STORE.1012: another process uses the store: " + file().string() +
                                ".lock (process " + std::to_string(node_->pid()) + ")\n");
}

TEST_F(NodeWithStore, is_told_how_the_command_goes) {
  EXPECT_EQ(store({"copy"}).status, 2);
  EXPECT_EQ(store({"polish"}).status, 2);
  EXPECT_EQ(store({"copy", "oracle:x"}).status, 1);
}

TEST_F(NodeWithStore, moves_to_postgresql_and_outlives_its_death) {
  if (PostgresServer::programs().empty()) {
    if (std::getenv("TENON_REQUIRE_LAB") != nullptr) FAIL() << "PostgreSQL is missing";
    GTEST_SKIP() << "PostgreSQL is missing: scripts/packages test";
  }
  PostgresServer server;
  const std::string target = server.new_schema();
  start();
  EXPECT_THAT(store({"copy", target}).errors, HasSubstr("STORE.1012")) << "a node runs";
  EXPECT_EQ(stop(), 0);
  const Outcome copied = store({"copy", target});
  EXPECT_EQ(copied.status, 0) << copied.errors;
  EXPECT_THAT(copied.output, HasSubstr("counter: 2 rows\n"));
  EXPECT_THAT(copied.output, ContainsRegex("[0-9]+ tables with [0-9]+ rows copied to host="));
  EXPECT_THAT(store({"copy", target}).errors,
              HasSubstr("STORE.1030: the store can't be copied: the target is not empty"));

  start({{"tenon.store", target}});
  EXPECT_EQ(node_number(), 2) << "it counts on from the copy";
  server.kill();
  EXPECT_TRUE(eventually([&] { return text_of(told_of_store(), "state") == "unreachable"; }));
  EXPECT_THAT(text_of(told_of_store(), "error"), HasSubstr("STORE.100"));
  server.start();
  EXPECT_TRUE(eventually([&] { return text_of(told_of_store(), "state") == "open"; }));
  EXPECT_EQ(stop(), 0);
  server.kill();
  Process node = spawn({{"tenon.store", target}});
  EXPECT_EQ(node.wait(), 1);
  EXPECT_THAT(node.errors(), StartsWith("tenond: STORE.1001: the store can't be reached: "));
}

TEST_F(NodeWithStore, tells_callers_that_it_is_away_and_goes_on_when_it_is_back) {
  if (PostgresServer::programs().empty()) {
    if (std::getenv("TENON_REQUIRE_LAB") != nullptr) FAIL() << "PostgreSQL is missing";
    GTEST_SKIP() << "PostgreSQL is missing: scripts/packages test";
  }
  PostgresServer server;
  start({{"tenon.store", server.new_schema()}});
  const auto folder = run_folder("run");
  Process standing = start_tenon({"run", "gate.pass", "--input", run_input(folder)});
  wait_for_gate(folder);
  const auto other = run_folder("other");
  open_gate(other);
  server.kill();

  const Outcome waited = tenon({"run", "gate.pass", "--input", run_input(other)});
  EXPECT_EQ(waited.status, 1);
  EXPECT_THAT(waited.errors, ContainsRegex("STORE\\.1001: .* run [0-9a-z]{13} is not recorded yet"));
  const Outcome refused = tenon({"run", "gate.pass", "--input", run_input(other)});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("no run begins until it is back"));
  EXPECT_THAT(tenon({"run", "list"}).errors, StartsWith("tenon: STORE.100"));
  EXPECT_THAT(tenon({"debt", "list"}).errors, StartsWith("tenon: STORE.100"));
  const std::string stuck = tenon({"run", "list", "--stuck", "0"}).output;
  EXPECT_THAT(stuck, ContainsRegex("running .* 2/3 gate\\.Wait +answer ")) << "what is in memory needs no store";
  EXPECT_THAT(stuck, HasSubstr("commit ")) << "the run that waits for the store";
  EXPECT_THAT(tenon({"status"}).output, ContainsRegex("\njournal +waits since .*STORE\\.100"));
  EXPECT_THAT(read_file(other / "log"), "") << "nothing is done that is not recorded";

  server.start();
  open_gate(folder);
  EXPECT_EQ(standing.wait(), 0) << standing.errors();
  EXPECT_TRUE(eventually([&] { return json({"run", "list", "--state", "succeeded"}).as_array()->size() == 2; }));
  EXPECT_EQ(json({"run", "list"}).as_array()->size(), 2U) << "what was refused is not there";
}

}  // namespace
}  // namespace tenon::test
