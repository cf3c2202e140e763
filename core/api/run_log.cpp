#include "api/run_log.h"

#include <tenon/log.h>

#include "flow/run.h"

namespace tenon::api {

Result<std::shared_ptr<RunRecord>> RunLog::start(flow::Engine& engine, std::shared_ptr<const flow::Chain> chain,
                                                 std::vector<std::pair<std::string, Value>> input) {
  flow::RunRequest request;
  request.chain = std::move(chain);
  request.input = std::move(input);
  return start(engine, std::move(request));
}

Result<std::shared_ptr<RunRecord>> RunLog::start(flow::Engine& engine, flow::RunRequest request) {
  const auto record = std::make_shared<RunRecord>(*request.chain);
  request.observer = record;
  request.done = [this, record, done = std::move(request.done)](flow::RunResult result) {
    finish(record, result);
    if (done) done(std::move(result));
  };
  Result<std::uint64_t> id = engine.post(std::move(request));
  if (!id) return id.error();
  record->set_id(*id);
  std::lock_guard lock(mutex_);
  // It may have finished, and even be forgotten, already: then `finish` has seen to it.
  if (!record->logged_) runs_.emplace(*id, record);
  return record;
}

std::shared_ptr<RunRecord> RunLog::take_up(std::uint64_t run, const flow::Chain& chain) {
  auto record = std::make_shared<RunRecord>(chain);
  record->set_id(run);
  std::lock_guard lock(mutex_);
  runs_.insert_or_assign(run, record);
  return record;
}

void RunLog::taken_up_ended(const flow::RunResult& result) {
  if (const auto record = find(result.id)) finish(record, result);
}

void RunLog::finish(const std::shared_ptr<RunRecord>& record, const flow::RunResult& result) {
  record->end(result);
  if (result.ok()) {
    log::info("run succeeded", {{"run", flow::run_name(result.id)}, {"chain", result.chain->name}});
  } else {
    log::warning(
        "run failed",
        {{"run", flow::run_name(result.id)}, {"chain", result.chain->name}, {"error", result.error->to_string()}});
  }
  std::vector<std::shared_ptr<RunRecord>> forgotten;  // destroyed without the lock
  std::lock_guard lock(mutex_);
  record->logged_ = true;
  runs_.emplace(result.id, record);
  finished_.push_back(result.id);
  while (finished_.size() > kept_) {
    const auto oldest = runs_.find(finished_.front());
    forgotten.push_back(std::move(oldest->second));
    runs_.erase(oldest);
    finished_.pop_front();
  }
}

std::shared_ptr<RunRecord> RunLog::find(std::uint64_t run) const {
  std::lock_guard lock(mutex_);
  const auto found = runs_.find(run);
  return found != runs_.end() ? found->second : nullptr;
}

std::vector<std::shared_ptr<RunRecord>> RunLog::records() const {
  std::vector<std::shared_ptr<RunRecord>> records;
  std::lock_guard lock(mutex_);
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) records.push_back(run->second);
  return records;
}

std::optional<std::uint64_t> parse_run_name(std::string_view name) {
  static constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  if (name.size() != 13) return std::nullopt;
  std::uint64_t number = 0;
  for (const char letter : name) {
    const std::size_t digit = kDigits.find(letter);
    if (digit == std::string_view::npos) return std::nullopt;
    number = number << 5 | digit;
  }
  if (flow::run_name(number) != name) return std::nullopt;  // more than 64 bits
  return number;
}

}  // namespace tenon::api
