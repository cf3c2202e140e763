#include "journal_fixture.h"

#include <chrono>
#include <list>

#include "store/core_schema.h"
#include "store/migrations.h"

namespace tenon::journal {

using namespace std::chrono_literals;

void Recorder::recorded(std::uint64_t ticket) noexcept {
  if (on_recorded) on_recorded(ticket);
  const std::lock_guard lock(mutex_);
  recorded_.push_back(ticket);
  changed_.notify_all();  // under the lock: whoever waits may end the recorder's life as soon as it has the lock
}

void Recorder::refused(std::uint64_t ticket, const ErrorCode& error) noexcept {
  const std::lock_guard lock(mutex_);
  refused_.emplace_back(ticket, error);
  changed_.notify_all();
}

std::vector<std::uint64_t> Recorder::wait(std::size_t count) {
  std::unique_lock lock(mutex_);
  const bool told = changed_.wait_for(lock, 60s, [&] { return recorded_.size() + refused_.size() >= count; });
  EXPECT_TRUE(told) << recorded_.size() + refused_.size() << " of " << count;
  return recorded_;
}

std::vector<std::pair<std::uint64_t, ErrorCode>> Recorder::refusals() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

std::size_t Recorder::count() const {
  const std::lock_guard lock(mutex_);
  return recorded_.size() + refused_.size();
}

void JournalTest::SetUp() {
  StoreTest::SetUp();
  if (IsSkipped() || HasFatalFailure()) return;
  store::migrate(*connection_, {store::core_migrations()}).value();
  add_node(kNode);
  open_journal();
}

void JournalTest::add_node(std::int64_t id) {
  connection_->execute("INSERT INTO node (id, host, process, version, started) VALUES ($1, 'here', 1, '1', 0)", {id})
      .value();
}

void JournalTest::open_journal(JournalOptions options) {
  journal_.reset();
  if (options.node == 0) options.node = kNode;
  if (!options.definition_text)
    options.definition_text = [](const flow::Chain& chain) { return "\"" + chain.name + "\""; };
  journal_ = std::make_unique<StoreJournal>(*store_, std::move(options));
}

store::Transaction JournalTest::hold(store::Connection& connection) {
  store::Transaction held = connection.begin().value();
  if (!on_sqlite()) connection.execute("LOCK TABLE node IN EXCLUSIVE MODE").value();
  return held;
}

std::shared_ptr<flow::Chain> JournalTest::new_chain(const std::string& name) {
  auto chain = std::make_shared<flow::Chain>();
  chain->name = name;
  for (const char* step : {"make", "attach"}) {
    chain->steps.emplace_back();
    chain->steps.back().name = step;
    chain->steps.back().plugin = "sample";
  }
  return chain;
}

flow::DataEntry entry(const std::string& key, Value value, std::int32_t step) {
  static std::list<std::string> names;  // keys are names that live as long as the program
  const std::string& name = names.emplace_back(key);
  return {KeyRef{name, detail::hash(name)}, step, std::move(value)};
}

std::vector<flow::DataEntry> entries(const std::vector<std::pair<std::string, Value>>& data, std::int32_t step) {
  std::vector<flow::DataEntry> list;
  for (const auto& [key, value] : data) list.push_back(entry(key, value, step));
  return list;
}

void JournalTest::start(std::uint64_t run, std::vector<std::pair<std::string, Value>> input,
                        std::vector<std::string> locks) {
  const std::vector<flow::DataEntry> data = entries(input, -1);
  flow::RunStart start;
  start.run = run;
  start.chain = chain_.get();
  start.input = data;
  start.locks = locks;
  journal_->start(start, recorder_, run);
  recorder_.wait(++told_);
}

void JournalTest::append(flow::JournalRecord record) {
  record.sequence = ++sequences_[record.run];
  journal_->append(record, recorder_, record.run);
  recorder_.wait(++told_);
}

void JournalTest::done(std::uint64_t run, std::uint32_t step, std::vector<std::pair<std::string, Value>> data) {
  const std::vector<flow::DataEntry> list = entries(data, static_cast<std::int32_t>(step));
  flow::JournalRecord record;
  record.run = run;
  record.step = step;
  record.data = list;
  append(record);
}

void JournalTest::close(std::uint64_t run, const ErrorCode* outcome) {
  flow::JournalRecord record;
  record.run = run;
  record.kind = flow::JournalRecord::Kind::kClosed;
  record.closes = true;
  record.outcome = outcome;
  append(record);
}

void JournalTest::fail_with_debt(std::uint64_t run, std::uint32_t step, const ErrorCode& error, bool awaited) {
  const std::vector<std::uint32_t> begun{step};
  flow::JournalRecord failed;
  failed.run = run;
  failed.kind = flow::JournalRecord::Kind::kFailed;
  failed.error = &error;
  failed.begun = begun;
  append(failed);
  const std::vector<flow::DataEntry> data = entries({{"host", Value::of<Json>("h1")}}, -1);
  const std::vector<flow::DebtRecord> debts{{step, &error, data, awaited}};
  flow::JournalRecord owed;
  owed.run = run;
  owed.kind = flow::JournalRecord::Kind::kUndoFailed;
  owed.step = step;
  owed.error = &error;
  owed.debts = debts;
  append(owed);
}

}  // namespace tenon::journal
