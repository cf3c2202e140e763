#include "checker.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "flow/journal.h"
#include "flow/run.h"
#include "journal/records.h"
#include "journal/runs.h"
#include "journal/table_states.h"

namespace tenon::crash {
namespace {

using Kind = flow::JournalRecord::Kind;

struct Record {
  Kind kind{};
  std::uint32_t step = 0;
  std::string data;
};

/// One run as the store has it.
struct StoredRun {
  std::uint64_t id = 0;
  std::uint64_t number = 0;
  std::string chain;
  std::int64_t state = 0;
  std::int64_t recoveries = 0;
  std::string error;
  std::vector<Record> records;
  /// By step: state of its debt.
  std::map<std::uint32_t, std::int64_t> debts;
  std::map<std::uint32_t, std::int64_t> rows;
  /// By step: how often a transactional flow and its undo took effect.
  std::map<std::uint32_t, std::int64_t> rows_done;
  std::map<std::uint32_t, std::int64_t> rows_undone;

  [[nodiscard]] std::int64_t count(Kind kind, std::uint32_t step) const {
    return std::count_if(records.begin(), records.end(),
                         [&](const Record& record) { return record.kind == kind && record.step == step; });
  }
  [[nodiscard]] bool owes(std::uint32_t step) const {
    const auto debt = debts.find(step);
    return debt != debts.end() && debt->second < journal::kEnded;
  }
};

class Checker {
 public:
  Checker(store::Connection& connection, const Outside& outside, const std::map<std::uint64_t, Plan>& plans)
      : connection_(connection), outside_(outside), plans_(plans) {}

  Disagreement check(Tally& tally) {
    read();
    check_told();
    for (const auto& [effect, run] : effects_) {
      if (found()) break;
      if (!runs_.contains(run)) disagree(run, "effect " + effect + " has no owner");
    }
    for (const auto& [name, run] : runs_) {
      if (found()) break;
      check_run(name, run);
      add_to(tally, run);
    }
    return std::move(disagreement_);
  }

 private:
  [[nodiscard]] bool found() const { return !disagreement_.what.empty(); }
  void disagree(const std::string& run, const std::string& what) {
    if (found()) return;
    disagreement_.what = "run " + run + ": " + what;
    disagreement_.history = history(run);
  }

  // ---- reading ----------------------------------------------------------------------------------------------------

  [[nodiscard]] store::Rows query(std::string_view sql) { return connection_.query(sql).value(); }

  void read() {
    told_ = outside_.told();
    effects_ = outside_.effects();
    for (const store::Row row :
         query("SELECT r.id, c.name, r.state, r.input, r.recoveries, r.error FROM chain_run r JOIN "
               "chain_definition c ON c.id = r.definition")) {
      StoredRun run;
      run.id = static_cast<std::uint64_t>(row.integer(0));
      run.chain = row.text(1);
      run.state = row.integer(2);
      run.recoveries = row.integer(4);
      if (!row.is_null(5)) run.error = row.text(5);
      std::vector<journal::StoredValue> input;
      journal::read_values(row.text(3), -1, input).value();
      for (const journal::StoredValue& value : input) {
        if (value.key == "number") run.number = static_cast<std::uint64_t>(*value.value.as_int());
      }
      runs_.emplace(flow::run_name(run.id), std::move(run));
    }
    for (const store::Row row : query("SELECT run, kind, step, data FROM chain_journal ORDER BY run, seq")) {
      StoredRun* run = find(static_cast<std::uint64_t>(row.integer(0)), "a record");
      if (run == nullptr) continue;
      run->records.push_back({static_cast<Kind>(row.integer(1)), static_cast<std::uint32_t>(row.integer(2)),
                              row.is_null(3) ? std::string() : std::string(row.text(3))});
    }
    for (const store::Row row : query("SELECT run, step, state FROM debt")) {
      StoredRun* run = find(static_cast<std::uint64_t>(row.integer(0)), "a debt");
      if (run != nullptr) run->debts[static_cast<std::uint32_t>(row.integer(1))] = row.integer(2);
    }
    for (const store::Row row : query("SELECT run, step, count(*) FROM drill_row GROUP BY run, step")) {
      count_rows(row, &StoredRun::rows);
    }
    for (const store::Row row :
         query("SELECT run, step, count(*) FROM drill_log WHERE what = 'done' GROUP BY run, step")) {
      count_rows(row, &StoredRun::rows_done);
    }
    for (const store::Row row :
         query("SELECT run, step, count(*) FROM drill_log WHERE what = 'undone' GROUP BY run, step")) {
      count_rows(row, &StoredRun::rows_undone);
    }
  }

  StoredRun* find(std::uint64_t id, const std::string& what) {
    const std::string name = flow::run_name(id);
    const auto found = runs_.find(name);
    if (found != runs_.end()) return &found->second;
    disagree(name, what + " is of a run that is not there");
    return nullptr;
  }

  void count_rows(const store::Row& row, std::map<std::uint32_t, std::int64_t> StoredRun::*counts) {
    const auto found = runs_.find(std::string(row.text(0)));
    if (found == runs_.end()) {
      disagree(std::string(row.text(0)), "a row of a flow has no owner");
    } else {
      (found->second.*counts)[static_cast<std::uint32_t>(row.integer(1))] = row.integer(2);
    }
  }

  // ---- comparing --------------------------------------------------------------------------------------------------

  /// What anybody was told is so.
  void check_told() {
    std::map<std::uint64_t, const StoredRun*> by_number;
    for (const auto& [name, run] : runs_) {
      if (!by_number.emplace(run.number, &run).second) disagree(name, "it was started twice");
      if (!plans_.contains(run.number)) disagree(name, "nobody started it");
    }
    for (const std::string& line : told_) {
      std::istringstream in(line);
      std::string word;
      std::string name;
      std::string outcome;
      in >> word >> name >> outcome;
      if (word == "wrong") return disagree(name.substr(0, name.find(':')), line);
      const StoredRun* run = nullptr;
      if (word == "accepted" || word == "done") {
        const auto found = by_number.find(std::stoull(name.substr(1)));
        if (found == by_number.end()) return disagree(name, "the caller was told '" + line + "', and it is not there");
        run = found->second;
      } else if (word == "recovered") {
        const auto found = runs_.find(name);
        // A debt is paid by a run of its own, which is not recorded.
        if (found != runs_.end()) run = &found->second;
      }
      if (run == nullptr || word == "accepted") continue;
      if (run->state != (outcome == "ok" ? journal::kSucceeded : journal::kFailed)) {
        return disagree(flow::run_name(run->id),
                        "the caller was told '" + line + "', and its state is " + std::to_string(run->state));
      }
    }
  }

  void check_run(const std::string& name, const StoredRun& run) {
    if (run.state < journal::kEnded) return disagree(name, "it has not ended: state " + std::to_string(run.state));
    const Plan& plan = plans_.at(run.number);
    if (plan.chain != run.chain) return disagree(name, "it is of another chain than it was started with");
    const Shape& shape = shapes().at(run.chain);
    const bool succeeded = run.state == journal::kSucceeded;
    if (succeeded && plan.fail_at >= 0) return disagree(name, "it has succeeded, and a flow of it always fails");
    const bool owes_on_the_way = plan.owes_at >= 0 && plan.flaky > 0;
    const bool interrupted = run.recoveries > 0 && !shape.resumes;
    if (!succeeded && !interrupted && plan.fail_at < 0 && plan.flaky < kAttempts && !owes_on_the_way) {
      return disagree(name, "it has failed, and nothing of it fails");
    }
    for (std::uint32_t step = 0; step < kSteps && !found(); ++step) check_step(name, run, shape, step);
    for (const auto& [step, state] : run.debts) {
      if (run.count(Kind::kUndoFailed, step) == 0)
        disagree(name, "a debt of step " + std::to_string(step) + " has no undo that failed");
      if (succeeded && state < journal::kEnded) disagree(name, "it has succeeded and has a debt");
      if (state < journal::kEnded && plan.owes >= 0)
        disagree(name, "the debt of step " + std::to_string(step) + " is never paid");
    }
  }

  void check_step(const std::string& name, const StoredRun& run, const Shape& shape, std::uint32_t step) {
    const std::string which = "step " + std::to_string(step);
    const bool succeeded = run.state == journal::kSucceeded;
    const bool is_row = shape.steps[step] == 'r';
    const bool has_effect = effects_.contains(name + ":" + std::to_string(step));
    const std::int64_t rows = of(run.rows, step);
    const std::int64_t there = is_row ? rows : (has_effect ? 1 : 0);
    if (is_row ? has_effect : rows != 0) return disagree(name, which + " has an effect of another kind than its own");
    const std::int64_t done = run.count(Kind::kDone, step);
    const std::int64_t undone = run.count(Kind::kUndone, step);
    if (succeeded) {
      if (there != 1)
        return disagree(name, "it has succeeded, and " + which + " has " + std::to_string(there) + " effects");
      if (done == 0) return disagree(name, "it has succeeded, and no record says that " + which + " is done");
    } else if (there != 0 && !run.owes(step)) {
      return disagree(name, "it has failed, and " + which + " has left something that nobody owes");
    }
    if (run.count(Kind::kUndoFailed, step) > 0 && !run.debts.contains(step)) {
      return disagree(name, "the undo of " + which + " has failed, and nobody owes it");
    }
    if (run.count(Kind::kUndoFailed, step) > 0 &&
        run.error.find(name + ":" + std::to_string(step)) == std::string::npos) {
      return disagree(name, "its error does not tell of the debt of " + which);
    }
    if (is_row && (of(run.rows_done, step) != done || of(run.rows_undone, step) != undone)) {
      return disagree(name, which + " took effect " + std::to_string(of(run.rows_done, step)) +
                                " times and was undone " + std::to_string(of(run.rows_undone, step)) +
                                " times; its records say " + std::to_string(done) + " and " + std::to_string(undone));
    }
  }

  static std::int64_t of(const std::map<std::uint32_t, std::int64_t>& counts, std::uint32_t step) {
    const auto found = counts.find(step);
    return found != counts.end() ? found->second : 0;
  }

  static void add_to(Tally& tally, const StoredRun& run) {
    ++tally.runs;
    ++(run.state == journal::kSucceeded ? tally.succeeded : tally.failed);
    if (run.recoveries > 0) ++tally.recovered;
    for (const Record& record : run.records) tally.undone += record.kind == Kind::kUndone ? 1 : 0;
    for (const auto& [step, state] : run.debts) ++(state < journal::kEnded ? tally.debts_open : tally.debts_paid);
  }

  // ---- telling ----------------------------------------------------------------------------------------------------

  std::string history(const std::string& name) const {
    std::string text;
    const auto found = runs_.find(name);
    std::string number;
    if (found != runs_.end()) {
      const StoredRun& run = found->second;
      number = "#" + std::to_string(run.number);
      const auto plan = plans_.find(run.number);
      text += "  plan (number, chain, slot, fails at, owes at, times, flaky): " +
              (plan != plans_.end() ? plan->second.text() : "none") + "\n";
      text += "  state " + std::to_string(run.state) + ", recovered " + std::to_string(run.recoveries) + " times\n";
      for (const Record& record : run.records) {
        text += "  record: " + std::string(journal::kind_name(record.kind)) + " " + std::to_string(record.step) + " " +
                record.data + "\n";
      }
      for (const auto& [step, state] : run.debts) {
        text += "  debt of step " + std::to_string(step) + ": state " + std::to_string(state) + "\n";
      }
    }
    for (const auto& [effect, run] : effects_) {
      if (run == name) text += "  effect: " + effect + "\n";
    }
    text += told_about(name, number);
    return text;
  }

  /// The lines about the run, among those about processes that lived meanwhile.
  [[nodiscard]] std::string told_about(const std::string& name, const std::string& number) const {
    const auto about_run = [&](const std::string& line) {
      return line.find(name) != std::string::npos ||
             (!number.empty() && (line + " ").find(number + " ") != std::string::npos);
    };
    const auto of_process = [](const std::string& line) {
      return line.starts_with("life") || line.starts_with("dies") || line.starts_with("killed") ||
             line.starts_with("the s") || line.starts_with("fault") || line.starts_with("hangs");
    };
    const auto first = std::find_if(told_.begin(), told_.end(), about_run);
    const auto last = std::find_if(told_.rbegin(), told_.rend(), about_run).base();
    std::string text;
    for (auto line = told_.begin(); line != told_.end(); ++line) {
      const bool within = line >= first - std::min<std::ptrdiff_t>(first - told_.begin(), 40) &&
                          line < last + std::min<std::ptrdiff_t>(told_.end() - last, 40);
      if (about_run(*line) || (within && of_process(*line))) text += "  told: " + *line + "\n";
    }
    return text;
  }

  store::Connection& connection_;
  const Outside& outside_;
  const std::map<std::uint64_t, Plan>& plans_;
  std::vector<std::string> told_;
  std::map<std::string, std::string> effects_;
  std::map<std::string, StoredRun> runs_;
  Disagreement disagreement_;
};

}  // namespace

Disagreement check(store::Connection& connection, const Outside& outside, const std::map<std::uint64_t, Plan>& plans,
                   Tally& tally) {
  return Checker(connection, outside, plans).check(tally);
}

}  // namespace tenon::crash
