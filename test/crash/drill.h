#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checker.h"
#include "host.h"
#include "outside.h"
#include "plan.h"
#include "support/postgres.h"

namespace tenon::crash {

struct DrillOptions {
  bool postgres = false;
  std::uint64_t kills = 60;
  std::uint64_t seed = 1;
  bool power_loss = false;
  /// Many runs at once alone, and not each kill point of each plan.
  bool only_crowds = false;
  /// Worlds stay where they are.
  bool keep = false;
  Sabotage sabotage = Sabotage::kNone;
  /// As the command line has it.
  std::string sabotage_name;
};

/// Kills hosts, lets others take up what they left, and compares what is left with what should be.
class Drill {
 public:
  explicit Drill(DrillOptions options);
  ~Drill();
  Drill(const Drill&) = delete;
  Drill& operator=(const Drill&) = delete;
  /// The exit status: 0; 1 after the first disagreement; 70 if a host hangs or ends as none should. Prints what it did.
  int run();

 private:
  /// How a life of a host ended.
  enum class End { kDone, kKilled, kStoreAway };
  /// What is killed at a random moment of a life.
  enum class Blow { kNone, kHost, kServer };

  void begin_world();
  /// Adds to the sums what became of this one.
  void end_world();
  [[nodiscard]] bool enough() const { return killed() >= options_.kills; }
  [[nodiscard]] std::uint64_t killed() const { return at_points_ + at_random_ + server_kills_; }

  /// Each kill point of each plan, as far as the number of kills goes: at equal distances if it does not go far enough.
  void systematic_pass();
  /// Many runs at once, killed at any moment.
  void random_pass();

  /// One life. Throws Trouble if the host ends in another way than it may.
  End live(const std::vector<Plan>& plans, std::uint64_t die_at, Blow blow);
  pid_t spawn(const std::vector<Plan>& plans, std::uint64_t die_at);
  [[nodiscard]] End ended(pid_t host);
  void strike_server();
  /// Lives until one has done all, some of them killed on the way.
  void recover();
  /// Compares. Throws Fault if there is a disagreement.
  void compare();
  Plan numbered(Plan plan);
  /// Kill points that the last whole life came by.
  [[nodiscard]] std::uint64_t points() const;

  const DrillOptions options_;
  Dice dice_;
  std::unique_ptr<test::PostgresServer> server_;
  /// Of the worlds.
  std::filesystem::path folder_;
  std::filesystem::path world_;
  std::unique_ptr<Outside> outside_;
  std::string store_;
  std::map<std::uint64_t, Plan> plans_;
  std::uint64_t worlds_ = 0;
  std::uint64_t lives_ = 0;
  std::uint64_t next_number_ = 1;
  std::uint64_t rounds_ = 0;
  /// How long a whole life of the random pass takes.
  std::chrono::microseconds usual_life_{50'000};

  /// Of this world, and of those before it.
  Tally tally_;
  Tally sum_;
  std::uint64_t at_points_ = 0;
  std::uint64_t at_random_ = 0;
  std::uint64_t server_kills_ = 0;
  std::uint64_t in_recovery_ = 0;
  std::map<std::string, std::uint64_t> kinds_;
};

}  // namespace tenon::crash
