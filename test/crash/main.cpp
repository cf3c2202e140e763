/// The crash drill: hosts with runs that have effects outside are killed wherever they can be; whatever is left, each
/// run is complete or has left nothing, or somebody owes it.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "drill.h"
#include "host.h"

namespace {

using tenon::crash::Sabotage;

const std::map<std::string, Sabotage>& sabotages() {
  static const std::map<std::string, Sabotage> names{
      {"idle-undo", Sabotage::kIdleUndo},       {"skip-run", Sabotage::kSkipRun},
      {"lose-batch", Sabotage::kLoseBatch},     {"forget-debt", Sabotage::kForgetDebt},
      {"loose-record", Sabotage::kLooseRecord}, {"lying-disk", Sabotage::kLyingDisk}};
  return names;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("Kills a node wherever it can be killed, and looks whether anything is lost.", "crash_drill");
  tenon::crash::DrillOptions drill;
  tenon::crash::HostOptions host;
  std::string engine = "sqlite";
  std::string sabotage;
  std::vector<std::string> runs;
  app.add_option("--engine", engine, "sqlite or postgres")->check(CLI::IsMember({"sqlite", "postgres"}));
  app.add_option("--kills", drill.kills, "how many");
  app.add_option("--seed", drill.seed, "of all that is left to chance");
  app.add_flag("--keep", drill.keep, "leave stores and ledgers where they are");
  app.add_flag("--only-crowds", drill.only_crowds, "many runs at once, and not each kill point of each plan");
  app.add_flag("--power-loss", drill.power_loss, "with sqlite: what was not synced is lost with the process");
  app.add_option("--sabotage", sabotage, "break something, to see that it is found")->check(CLI::IsMember(sabotages()));
  CLI::App* life = app.add_subcommand("host", "one life of the node that is killed")->group("");
  life->add_option("--store", host.store)->required();
  life->add_option("--world", host.world)->required();
  life->add_option("--die-at", host.die_at);
  life->add_flag("--power-loss", host.power_loss);
  life->add_option("--sabotage", sabotage);
  life->add_option("--run", runs)->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);
  if (!sabotage.empty()) host.sabotage = drill.sabotage = sabotages().at(sabotage);
  if (life->parsed()) {
    for (const std::string& run : runs) host.plans.push_back(tenon::crash::Plan::parse(run));
    return tenon::crash::run_host(host);
  }
  drill.sabotage_name = sabotage;
  drill.postgres = engine == "postgres";
  if (drill.postgres && tenon::test::PostgresServer::programs().empty()) {
    std::cout << "PostgreSQL is missing: scripts/packages test\n";
    return std::getenv("TENON_REQUIRE_LAB") != nullptr ? 1 : 77;
  }
  return tenon::crash::Drill(drill).run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "crash_drill: " << e.what() << "\n";
    return 70;
  }
}
