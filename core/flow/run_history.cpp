#include "flow/run_history.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tenon::flow {
namespace {

ErrorCode unfit(const RecoveredRun& run, std::string details) {
  return make_error("FLOW.1046", "the records of a run do not fit its chain",
                    "chain '" + run.chain->name + "': " + std::move(details));
}

}  // namespace

std::optional<KeyRef> key_in_chain(const Chain& chain, std::string_view name) {
  const auto ref = [](const std::string& text) { return KeyRef{text, detail::hash(text)}; };
  for (const ChainInput& input : chain.inputs) {
    if (input.key == name) return ref(input.key);
  }
  for (const ChainStep& step : chain.steps) {
    if (!step.contract) continue;
    for (const KeyEntry& key : step.contract->writes_list) {
      if (key.name == name) return ref(key.name);
    }
  }
  return std::nullopt;
}

Result<std::unique_ptr<RunHistory>> RunHistory::make(const RecoveredRun& run) {
  const Chain& chain = *run.chain;
  const std::size_t count = chain.steps.size();
  std::unique_ptr<RunHistory> made(new RunHistory);
  made->course_ = run.course;
  made->error_ = run.error
                     ? *run.error
                     : make_error("FLOW.1040", "the run was interrupted", "the node ended while it was under way");
  made->is_done_.resize(count);
  made->is_skipped_.resize(count);
  made->op_of_.resize(count);
  for (std::uint32_t op = 0; op < chain.ops.size(); ++op) {
    if (chain.ops[op].kind == Op::Kind::kStep) made->op_of_[chain.ops[op].index] = op;
  }
  for (const std::uint32_t step : run.done) {
    if (step >= count) return unfit(run, "there is no step " + std::to_string(step));
    if (made->is_done_[step]) return unfit(run, "step " + std::to_string(step) + " is done twice");
    made->is_done_[step] = true;
  }
  for (const std::uint32_t step : run.skipped) {
    if (step >= count) return unfit(run, "there is no step " + std::to_string(step));
    made->is_skipped_[step] = true;
  }
  for (const RecoveredRun::Entry& entry : run.data) {
    if (entry.step < 0) continue;
    const std::optional<KeyRef> key = key_in_chain(chain, entry.key);
    if (!key) return unfit(run, "there is no key '" + entry.key + "'");
    made->data_.push_back({*key, entry.step, entry.value});
  }
  made->done_ = run.done;
  if (run.course == RecoveredRun::Course::kResume && !run.going_back.empty()) {
    made->going_back_ = run.going_back;
    made->data_before_ = made->data_;
    for (const std::uint32_t step : run.going_back) {
      if (step >= count) return unfit(run, "there is no step " + std::to_string(step));
      made->is_done_[step] = false;
      std::erase(made->done_, step);
      std::erase_if(made->data_, [&](const DataEntry& entry) { return entry.step == static_cast<std::int32_t>(step); });
    }
  }
  made->retries_ = run.retries;
  return made;
}

const RecoveredRun::Retry* RunHistory::retry(std::uint32_t step) const {
  const auto found = std::find_if(retries_.begin(), retries_.end(), [&](const auto& r) { return r.step == step; });
  return found != retries_.end() ? &*found : nullptr;
}

std::uint32_t RunHistory::after_last_done(std::uint32_t begin, std::uint32_t end) const {
  std::uint32_t after = begin;
  for (const std::uint32_t step : done_) {
    if (op_of_[step] >= begin && op_of_[step] < end) after = std::max(after, op_of_[step] + 1);
  }
  return after;
}

}  // namespace tenon::flow
