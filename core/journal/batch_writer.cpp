#include "journal/batch_writer.h"

#include <algorithm>
#include <string_view>

#include "journal/definition_cache.h"
#include "journal/table_states.h"
#include "store/errors.h"

namespace tenon::journal {
namespace {

using std::chrono::milliseconds;
using store::Parameter;
using store::RowWrite;

constexpr milliseconds kFirstWait{50};
constexpr milliseconds kLongestWait{2000};
/// Within this time after it was confirmed a definition is not deleted: retention keeps what was used within a day.
constexpr std::int64_t kConfirmedFor = std::int64_t{3600} * 1'000'000;

/// The writer goes by primary keys alone. PostgreSQL is not to weigh that anew for each batch, which takes as long as
/// the batch; nor to find, while a table is small, that it may as well be read whole, and to keep to that when it has
/// grown.
constexpr std::array<std::string_view, 4> kPlans{"SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off",
                                                 "SET enable_hashjoin = off", "SET enable_mergejoin = off"};

struct Shape {
  RowWrite::Kind kind;
  std::string_view table;
  std::vector<std::string_view> columns;
};

/// In the order of BatchWriter::Write.
const std::array<Shape, 8>& shapes() {
  static const std::array<Shape, 8> shapes{{
      {RowWrite::Kind::kInsert,
       "chain_run",
       {"id", "definition", "owner", "state", "recoveries", "started", "input", "locks"}},
      {RowWrite::Kind::kInsert, "chain_journal", {"run", "seq", "kind", "step", "attempt", "at", "data"}},
      {RowWrite::Kind::kUpdate, "chain_run", {"id", "state", "ended", "error_code", "error"}},
      {RowWrite::Kind::kInsertMissing, "run_tag", {"resource", "run"}},
      {RowWrite::Kind::kInsert, "run_key", {"key", "run"}},
      {RowWrite::Kind::kInsertMissing,
       "debt",
       {"key", "run", "step", "flow", "plugin", "owner", "state", "attempts", "created", "next_at", "on_event", "error",
        "data"}},
      // A debt that was there already: what it says now counts. One that the same batch inserts is not seen by this
      // write, or gets what it has.
      {RowWrite::Kind::kUpdate, "debt", {"key", "owner", "state", "next_at", "on_event", "error", "data"}},
      {RowWrite::Kind::kUpdate, "debt", {"key", "state", "next_at"}},
  }};
  return shapes;
}

/// Whether the record is at fault, and not the store.
bool is_of_record(const ErrorCode& error) {
  return error.code == store::kConstraintViolated || error.code == store::kBadValue;
}

Parameter text_or_null(const std::string& text) { return text.empty() ? Parameter() : Parameter(text); }

}  // namespace

std::size_t batch_size(std::span<const Pending> records, std::size_t most_records, std::size_t most_bytes,
                       std::unordered_set<std::int64_t>& scratch) {
  scratch.clear();
  std::size_t bytes = 0;
  const std::size_t most = std::min(records.size(), most_records);
  for (std::size_t i = 0; i < most; ++i) {
    bytes += records[i].bytes();
    if (i > 0 && bytes > most_bytes) return i;
    if (records[i].stands_alone() && !scratch.insert(records[i].run).second) return i;
  }
  return most;
}

BatchWriter::Outcome BatchWriter::write(std::span<const Pending> records) {
  Outcome outcome;
  outcome.end = write_range(records, 0, false, outcome);
  return outcome;
}

BatchWriter::End BatchWriter::write_range(std::span<const Pending> records, std::size_t first, bool again,
                                          Outcome& outcome) {
  for (milliseconds wait = kFirstWait;; wait = std::min(2 * wait, kLongestWait)) {
    const Result<bool> written = attempt(records, again);
    if (written) {
      note({});
      if (!*written) return End::kFenced;
      hooks_.committed(records.size());
      return End::kWritten;
    }
    const ErrorCode& error = written.error();
    if (is_of_record(error)) {
      note({});
      if (records.size() == 1) {
        outcome.refused.emplace_back(first, error);
        return End::kWritten;
      }
      const std::size_t half = records.size() / 2;
      const End end = write_range(records.first(half), first, again, outcome);
      if (end != End::kWritten) return end;
      return write_range(records.subspan(half), first + half, again, outcome);
    }
    // Whether it took effect may not be known: from now on rows may be there.
    again = true;
    connection_.reset();
    note(error.to_string());
    if (!hooks_.wait(wait)) return End::kStopped;
  }
}

void BatchWriter::note(const std::string& reason) {
  if (reason == reason_) return;
  reason_ = reason;
  hooks_.availability(reason);
}

Result<void> BatchWriter::connect() {
  if (connection_) return {};
  Result<std::unique_ptr<store::Connection>> connected = store_.connect();
  if (!connected) return std::move(connected).error();
  if (store_.engine() == "postgresql") {
    for (const std::string_view setting : kPlans) {
      if (const auto set = (*connected)->execute(setting); !set) return set.error();
    }
  }
  connection_ = std::move(connected).value();
  return {};
}

Result<bool> BatchWriter::attempt(std::span<const Pending> records, bool again) {
  if (Result<void> connected = connect(); !connected) return connected.error();
  fill(records);
  store::Batch batch;
  batch.fence = store::Fence{"node", "id", node_};
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < kWrites; ++i) {
    if (values_[i].empty()) continue;
    const Shape& shape = shapes()[i];
    const bool repeated = again && shape.kind == RowWrite::Kind::kInsert;
    batch.writes.push_back(
        {repeated ? RowWrite::Kind::kInsertMissing : shape.kind, shape.table, shape.columns, std::move(values_[i])});
    used.push_back(i);
  }
  Result<bool> written = true;
  if (unconfirmed_.empty()) {
    const Result<store::BatchOutcome> outcome = connection_->write(batch);
    written = outcome ? Result<bool>(outcome->fence_held) : Result<bool>(outcome.error());
  } else {
    written = attempt_with_definitions(batch, records);
  }
  for (std::size_t i = 0; i < used.size(); ++i) values_[used[i]] = std::move(batch.writes[i].values);
  return written;
}

Result<bool> BatchWriter::attempt_with_definitions(const store::Batch& batch, std::span<const Pending> records) {
  Result<store::Transaction> transaction = connection_->begin();
  if (!transaction) return transaction.error();
  if (Result<void> written = write_definitions(unconfirmed_); !written) return written.error();
  const Result<store::BatchOutcome> outcome = connection_->write(batch);
  if (!outcome) return outcome.error();
  if (!outcome->fence_held) return false;
  if (Result<void> committed = transaction->commit(); !committed) return committed.error();
  for (KnownDefinition* definition : unconfirmed_) definition->confirmed = records.front().at;
  return true;
}

Result<void> BatchWriter::write_definitions(std::span<KnownDefinition* const> definitions) {
  const std::int64_t now = microseconds_now();
  for (const KnownDefinition* definition : definitions) {
    const auto written = connection_->execute(
        "INSERT INTO chain_definition (id, name, sha256, body, created, used) VALUES ($1, $2, $3, $4, $5, $5) "
        "ON CONFLICT (id) DO UPDATE SET used = excluded.used",
        {definition->id, definition->name, definition->sha256, definition->body, now});
    if (!written) return written.error();
  }
  return {};
}

void BatchWriter::fill(std::span<const Pending> records) {
  for (std::vector<Parameter>& values : values_) values.clear();
  unconfirmed_.clear();
  for (const Pending& record : records) {
    if (record.definition != nullptr) {
      add_start(record);
    } else {
      add_record(record);
    }
  }
  // In one order on all nodes, so that they do not wait for each other in a circle.
  std::sort(unconfirmed_.begin(), unconfirmed_.end(),
            [](const KnownDefinition* a, const KnownDefinition* b) { return a->id < b->id; });
}

void BatchWriter::add_start(const Pending& record) {
  KnownDefinition& definition = *record.definition;
  const bool confirmed = definition.confirmed != 0 && record.at - definition.confirmed < kConfirmedFor;
  if (!confirmed && std::find(unconfirmed_.begin(), unconfirmed_.end(), &definition) == unconfirmed_.end()) {
    unconfirmed_.push_back(&definition);
  }
  const Parameter locks = record.more ? text_or_null(record.more->locks) : Parameter();
  values_[kRuns].insert(values_[kRuns].end(),
                        {record.run, definition.id, node_, kLive, 0, record.at, text_or_null(record.data), locks});
  if (!record.more) return;
  for (const std::string& tag : record.more->tags) values_[kTags].insert(values_[kTags].end(), {tag, record.run});
  if (!record.more->key.empty()) values_[kKeys].insert(values_[kKeys].end(), {record.more->key, record.run});
}

void BatchWriter::add_record(const Pending& record) {
  values_[kRecords].insert(values_[kRecords].end(),
                           {record.run, record.sequence, static_cast<int>(record.kind), record.step, record.attempt,
                            record.at, text_or_null(record.data)});
  if (record.closes) add_close(record);
  if (!record.more) return;
  for (const PendingDebt& debt : record.more->debts) add_debt(record, debt);
  if (!record.more->settled.empty() && record.more->debts.empty()) {
    values_[kSettled].insert(values_[kSettled].end(), {record.more->settled, kDebtPaid, record.at});
  }
}

void BatchWriter::add_close(const Pending& record) {
  if (record.fails) {
    values_[kCloses].insert(values_[kCloses].end(),
                            {record.run, kFailed, record.at, record.more->outcome_code, record.more->outcome});
  } else {
    values_[kCloses].insert(values_[kCloses].end(), {record.run, kSucceeded, record.at, nullptr, nullptr});
  }
}

void BatchWriter::add_debt(const Pending& record, const PendingDebt& debt) {
  const int state = debt.awaited ? kDebtAwaited : kDebtOpen;
  const Parameter event = text_or_null(debt.on_event);
  const Parameter data = text_or_null(debt.data);
  const std::int64_t due = record.at + kFirstDebtWait;
  values_[kDebts].insert(values_[kDebts].end(), {debt.key, record.run, debt.step, debt.flow, debt.plugin, node_, state,
                                                 0, record.at, due, event, debt.error, data});
  values_[kRenewals].insert(values_[kRenewals].end(), {debt.key, node_, state, due, event, debt.error, data});
}

}  // namespace tenon::journal
