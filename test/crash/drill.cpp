#include "drill.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "store/address.h"
#include "store/store.h"
#include "support/power_loss.h"

namespace tenon::crash {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

/// So many runs at once in the random pass.
constexpr std::size_t kCrowd = 12;
/// A world has this many rounds, so that reading it stays quick.
constexpr std::uint64_t kRoundsOfWorld = 40;
/// Of so many lives that recover, one is killed, too.
constexpr std::uint64_t kKilledRecovery = 4;
/// A host that has not ended by then hangs.
constexpr int kPatienceMs = 120'000;

/// The store and the world disagree.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// A host hangs, or ends as none should.
class Trouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
constexpr int kTrouble = 70;
constexpr std::size_t kLinesOfTrouble = 60;

/// Waits until the process has ended, or the time is up. It is not reaped.
bool wait_for_end(pid_t process, microseconds time) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  pollfd watched{descriptor, POLLIN, 0};
  timespec timeout{time.count() / 1'000'000, (time.count() % 1'000'000) * 1000};
  const int ready = ::ppoll(&watched, 1, &timeout, nullptr);
  ::close(descriptor);
  return ready > 0;
}

}  // namespace

Drill::Drill(DrillOptions options) : options_(std::move(options)), dice_(options_.seed) {
  std::string pattern = (fs::temp_directory_path() / "tenon-crash-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), pattern);
  folder_ = pattern;
  if (options_.postgres) server_ = std::make_unique<test::PostgresServer>();
}

Drill::~Drill() {
  std::error_code ignored;
  if (!options_.keep) fs::remove_all(folder_, ignored);
}

void Drill::end_world() {
  if (!outside_) return;
  sum_.runs += tally_.runs;
  sum_.succeeded += tally_.succeeded;
  sum_.failed += tally_.failed;
  sum_.recovered += tally_.recovered;
  sum_.undone += tally_.undone;
  sum_.debts_paid += tally_.debts_paid;
  sum_.debts_open += tally_.debts_open;
  tally_ = {};
  for (const std::string& line : outside_->told()) {
    if (line.starts_with("dies at ")) ++kinds_[line.substr(line.find(": ") + 2)];
  }
  outside_.reset();
  if (!options_.keep) fs::remove_all(world_);
}

void Drill::begin_world() {
  end_world();
  world_ = folder_ / ("world" + std::to_string(++worlds_));
  Outside::make_folders(world_);
  outside_ = std::make_unique<Outside>(world_);
  store_ = server_ ? server_->new_schema() : "sqlite:" + (world_ / "store.db").string();
  plans_.clear();
  rounds_ = 0;
}

Plan Drill::numbered(Plan plan) {
  plan.number = next_number_++;
  plans_.emplace(plan.number, plan);
  return plan;
}

pid_t Drill::spawn(const std::vector<Plan>& plans, std::uint64_t die_at) {
  std::vector<std::string> command{"crash_drill", "host",          "--store",  store_,
                                   "--world",     world_.string(), "--die-at", std::to_string(die_at)};
  if (options_.power_loss) command.emplace_back("--power-loss");
  if (options_.sabotage != Sabotage::kNone) command.insert(command.end(), {"--sabotage", options_.sabotage_name});
  for (const Plan& plan : plans) command.insert(command.end(), {"--run", plan.text()});
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t host = -1;
  const int problem = ::posix_spawn(&host, "/proc/self/exe", nullptr, nullptr, argv.data(), environ);
  if (problem != 0) throw std::system_error(problem, std::generic_category(), "posix_spawn");
  return host;
}

Drill::End Drill::live(const std::vector<Plan>& plans, std::uint64_t die_at, Blow blow) {
  if (options_.power_loss) test::note_synced(world_ / "store.db");
  outside_->tell("life " + std::to_string(++lives_) + (die_at != 0 ? " to die at " + std::to_string(die_at) : ""));
  const auto begun = steady_clock::now();
  const pid_t host = spawn(plans, die_at);
  if (blow != Blow::kNone) {
    const microseconds moment(dice_.below(static_cast<std::uint64_t>(usual_life_.count()) + 1));
    if (!wait_for_end(host, moment)) {
      if (blow == Blow::kServer) {
        strike_server();
      } else {
        ::kill(host, SIGKILL);
        outside_->tell("killed at random");
      }
    }
  }
  if (!wait_for_end(host, std::chrono::milliseconds(kPatienceMs))) {
    ::kill(host, SIGKILL);
    ::waitpid(host, nullptr, 0);
    throw Trouble("a host hangs");
  }
  const End end = ended(host);
  if (end == End::kDone && blow == Blow::kNone && plans.size() == kCrowd) {
    usual_life_ = duration_cast<microseconds>(steady_clock::now() - begun);
  }
  if (end == End::kKilled) {
    ++(die_at != 0 && blow == Blow::kNone ? at_points_ : at_random_);
    if (plans.empty()) ++in_recovery_;
    if (options_.power_loss) {
      // Half of the disks write in order.
      if (dice_.below(2) == 0) {
        test::lose_power(world_ / "store.db");
      } else {
        test::lose_power(world_ / "store.db", [this] { return dice_.below(2) == 0; });
      }
    }
  }
  return end;
}

Drill::End Drill::ended(pid_t host) {
  int status = 0;
  if (::waitpid(host, &status, 0) != host) throw std::system_error(errno, std::generic_category(), "waitpid");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return End::kKilled;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kAllDone) return End::kDone;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kStoreAway && server_) return End::kStoreAway;
  throw Trouble("a host ended with " + (WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                            : "status " + std::to_string(WEXITSTATUS(status))));
}

void Drill::strike_server() {
  server_->kill();
  outside_->tell("killed: the server");
  ++server_kills_;
  server_->start();
}

void Drill::recover() {
  while (true) {
    // Many a recovery is interrupted as well.
    const bool disturbed = dice_.below(kKilledRecovery) == 0 && !enough();
    const bool at_point = dice_.below(2) == 0;
    const End end = disturbed && at_point ? live({}, 1 + dice_.below(40), Blow::kNone)
                                          : live({}, 0, disturbed ? Blow::kHost : Blow::kNone);
    if (end == End::kDone) return;
  }
}

void Drill::compare() {
  const auto store = store::open_store(store::parse_address(store_).value()).value();
  const auto connection = store->connect().value();
  Tally tally;
  const Disagreement found = check(*connection, *outside_, plans_, tally);
  if (!found.what.empty()) throw Fault(found.what + "\n" + found.history);
  tally_ = tally;
  ++rounds_;
}

std::uint64_t Drill::points() const {
  std::uint64_t passed = 0;
  for (const std::string& line : outside_->told()) {
    if (line.starts_with("points ")) passed = std::stoull(line.substr(7));
  }
  return passed;
}

void Drill::systematic_pass() {
  const std::vector<Plan> typical = typical_plans();
  // What a life comes by when nobody kills it, in a world that is there already.
  std::vector<std::uint64_t> counts;
  std::uint64_t all = 0;
  begin_world();
  (void)live({numbered(typical.front())}, 0, Blow::kNone);
  for (const Plan& plan : typical) {
    (void)live({numbered(plan)}, 0, Blow::kNone);
    counts.push_back(points());
    all += counts.back();
  }
  compare();
  // Half of the kills are for this pass; of those a part is for recoveries.
  const std::uint64_t budget = std::max<std::uint64_t>(options_.kills / 2, 1);
  const std::uint64_t stride = std::max<std::uint64_t>((all + budget - 1) / budget, 1);
  std::uint64_t offset = dice_.below(stride);
  for (std::size_t i = 0; i < typical.size(); ++i) {
    // Those that pass later than usual are met as well: until the host ends without being killed.
    for (std::uint64_t point = 1 + offset;; point += stride) {
      if (rounds_ >= kRoundsOfWorld) begin_world();
      const End end = live({numbered(typical[i])}, point, Blow::kNone);
      if (end == End::kDone) {
        offset = point > counts[i] ? (point - counts[i] - 1) % stride : 0;
        break;
      }
      recover();
      compare();
    }
  }
}

void Drill::random_pass() {
  while (!enough()) {
    if (rounds_ >= kRoundsOfWorld || worlds_ == 0) begin_world();
    std::vector<Plan> crowd;
    for (std::size_t i = 0; i < kCrowd; ++i) crowd.push_back(numbered(random_plan(dice_)));
    const std::uint64_t choice = dice_.below(8);
    if (choice == 0) {
      (void)live(crowd, 0, Blow::kNone);
    } else if (server_ && choice == 1) {
      (void)live(crowd, 0, Blow::kServer);
    } else if (choice < 5) {
      (void)live(crowd, 1 + dice_.below(600), Blow::kNone);
    } else {
      (void)live(crowd, 0, Blow::kHost);
    }
    recover();
    compare();
  }
}

int Drill::run() {
  const auto begun = steady_clock::now();
  int status = 0;
  try {
    if (!options_.only_crowds) systematic_pass();
    random_pass();
    end_world();
  } catch (const Fault& fault) {
    std::cout << "disagreement: " << fault.what() << "\n";
    status = 1;
  } catch (const Trouble& trouble) {
    std::cout << "trouble: " << trouble.what() << "; what was told last:\n";
    const std::vector<std::string> told = outside_->told();
    for (std::size_t i = told.size() - std::min(told.size(), kLinesOfTrouble); i < told.size(); ++i) {
      std::cout << "  " << told[i] << "\n";
    }
    status = kTrouble;
  }
  if (status != 0) {
    std::cout << "again by: crash_drill --engine " << (server_ ? "postgres" : "sqlite") << " --kills " << options_.kills
              << " --seed " << options_.seed << (options_.power_loss ? " --power-loss" : "")
              << (options_.only_crowds ? " --only-crowds" : "") << "\n";
    if (options_.keep) std::cout << "kept: " << world_.string() << "\n";
  }
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begun).count();
  std::cout << "crash drill " << (server_ ? "postgres" : "sqlite") << (options_.power_loss ? ", power lost" : "")
            << ": " << killed() << " kills (" << at_points_ << " at points, " << at_random_ << " at random, "
            << server_kills_ << " of the server; " << in_recovery_ << " during recovery), " << lives_ << " lives, "
            << sum_.runs << " runs (" << sum_.succeeded << " complete, " << sum_.failed << " undone), "
            << sum_.recovered << " recovered, " << sum_.undone << " undos, " << sum_.debts_paid << " debts paid, "
            << sum_.debts_open << " left, " << std::fixed << std::setprecision(1) << seconds << " s\n";
  for (const auto& [kind, count] : kinds_) std::cout << "  " << kind << ": " << count << "\n";
  return status;
}

}  // namespace tenon::crash
