#include "journal/pending.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "flow/run.h"
#include "journal/definition_cache.h"
#include "journal/records.h"

namespace tenon::journal {
namespace {

using Kind = flow::JournalRecord::Kind;

/// Codes stand in an index, which takes no long ones.
constexpr std::size_t kMostCode = 200;

std::string fact(const ErrorCode& error, const char* name) {
  const auto found = error.elaboration.find(name);
  return found != error.elaboration.end() ? clean_text(found->second) : std::string();
}

std::string debt_key(std::uint64_t run, std::uint32_t step) { return flow::run_name(run) + ":" + std::to_string(step); }

PendingDebt pending_debt(std::uint64_t run, const flow::DebtRecord& record) {
  PendingDebt debt;
  debt.key = debt_key(run, record.step);
  debt.step = record.step;
  debt.awaited = record.awaited;
  debt.data = data_text(record.data, WithSteps::kYes);
  const ErrorCode error = record.error != nullptr ? *record.error : ErrorCode{};
  debt.flow = fact(error, "flow");
  debt.plugin = fact(error, "plugin");
  debt.on_event = fact(error, "retry_on");
  debt.error = error_text(error);
  return debt;
}

}  // namespace

std::int64_t microseconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::size_t Pending::bytes() const noexcept {
  std::size_t total = 64 + data.size();
  if (!more) return total;
  total += more->locks.size() * 2 + more->key.size() + more->outcome.size();
  for (const PendingDebt& debt : more->debts) total += 2 * (debt.data.size() + debt.error.size());
  return total;
}

Pending pending_start(const flow::RunStart& start, KnownDefinition& definition) {
  Pending pending;
  pending.run = static_cast<std::int64_t>(start.run);
  pending.definition = &definition;
  pending.at = microseconds_now();
  pending.data = data_text(start.input);
  if (!start.locks.empty()) {
    pending.more = std::make_unique<Pending::More>();
    for (const std::string& lock : start.locks) pending.more->tags.push_back(clean_text(lock));
    pending.more->locks = names_text(pending.more->tags);
  }
  if (!start.key.empty()) {
    if (pending.more == nullptr) pending.more = std::make_unique<Pending::More>();
    pending.more->key = clean_text(start.key);
  }
  return pending;
}

Pending pending_record(const flow::JournalRecord& record) {
  Pending pending;
  pending.run = static_cast<std::int64_t>(record.run);
  pending.at = microseconds_now();
  pending.sequence = record.sequence;
  pending.step = record.step;
  pending.attempt = record.attempt;
  pending.kind = record.kind;
  pending.closes = record.closes;
  pending.fails = record.outcome != nullptr;
  pending.data =
      record.kind == Kind::kDone ? data_text(record.data) : note_text(record.error, record.begun, record.wait.count());
  if (record.debts.empty() && record.outcome == nullptr && record.kind != Kind::kLateUndone) return pending;
  pending.more = std::make_unique<Pending::More>();
  for (const flow::DebtRecord& debt : record.debts) pending.more->debts.push_back(pending_debt(record.run, debt));
  if (record.kind == Kind::kLateUndone) pending.more->settled = debt_key(record.run, record.step);
  if (record.outcome != nullptr) {
    pending.more->outcome_code = clean_text(record.outcome->code).substr(0, kMostCode);
    pending.more->outcome = error_text(*record.outcome);
  }
  return pending;
}

}  // namespace tenon::journal
