#pragma once

#include <tenon/flow.h>

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace compute::test {

/// The release side of a flow, as a step.
class ReleaseOf final : public tenon::NoRollbackFlow {
 public:
  explicit ReleaseOf(const tenon::ReleasableFlow& flow) : flow_(flow) {}
  void run(tenon::FlowStep step) const override { flow_.release(std::move(step)); }

 private:
  const tenon::ReleasableFlow& flow_;
};

/// Runs flows one after another on the calling thread, by the rules that flows rely on: each is checked before it runs;
/// what a flow sets counts when it has answered; after a failure the failed flow is rolled back, unless it failed its
/// check, then those before it, each seeing what was there before it ran.
class ChainRunner final : public tenon::StepHost {
 public:
  explicit ChainRunner(std::string run = "17") : run_(std::move(run)) {}

  template <class T>
  void give(const tenon::FlowKey<T>& key, T value) {
    data_[std::string(key.name)] = tenon::Value::of<T>(std::move(value));
  }
  void give_json(std::string name, tenon::Json json) { data_[std::move(name)] = tenon::Value::of(std::move(json)); }

  template <class T>
  const T* data(const tenon::FlowKey<T>& key) const {
    auto found = data_.find(std::string(key.name));
    return found != data_.end() ? found->second.template as<T>() : nullptr;
  }

  /// Runs the flows; undoes them if one fails. What an undo fails with goes into `undo_errors`.
  tenon::Result<void> run(std::initializer_list<const tenon::Flow*> flows) {
    std::vector<const tenon::Flow*> begun;
    for (const tenon::Flow* flow : flows) {
      const auto step = static_cast<std::uint32_t>(begun.size() + 1);
      auto ran = check_one(*flow, step);
      if (ran) {
        begun.push_back(flow);
        before_.push_back(data_);
        ran = run_one(*flow, step);
      }
      if (!ran) {
        undo(begun);
        return ran;
      }
    }
    return {};
  }

  /// Undoes flows that have run, as after a failure of a later one.
  void undo(const std::vector<const tenon::Flow*>& flows) {
    for (std::size_t i = flows.size(); i-- > 0;) {
      data_ = before_[i];
      if (auto undone = undo_one(*flows[i], static_cast<std::uint32_t>(i + 1)); !undone) {
        undo_errors.push_back(undone.error());
      }
    }
  }

  tenon::Result<void> undo_one(const tenon::Flow& flow, std::uint32_t step) {
    return call(&tenon::Flow::rollback, flow, step);
  }

  tenon::Result<void> check_one(const tenon::Flow& flow, std::uint32_t step) {
    return call(&tenon::Flow::pre_check, flow, step);
  }

  tenon::Result<void> run_one(const tenon::Flow& flow, std::uint32_t step) {
    if (call(&tenon::Flow::run, flow, step)) {
      for (auto& [name, value] : written_) data_[name] = value;
    }
    return answer_;
  }

  std::vector<tenon::ErrorCode> undo_errors;
  /// What flows are told when they ask.
  bool cancel = false;

 private:
  tenon::Result<void> call(void (tenon::Flow::*side)(tenon::FlowStep) const, const tenon::Flow& flow,
                           std::uint32_t step) {
    written_.clear();
    answer_ = {};
    try {
      (flow.*side)(tenon::FlowStep(*this, {1, step, 1}));
    } catch (const tenon::Error& e) {
      answer_ = e.error();
    }
    return answer_;
  }

  const tenon::Value* find(const tenon::StepTicket& /*ticket*/, const tenon::KeyRef& key) noexcept override {
    if (auto own = written_.find(std::string(key.name)); own != written_.end()) return &own->second;
    auto found = data_.find(std::string(key.name));
    return found != data_.end() ? &found->second : nullptr;
  }
  void set(const tenon::StepTicket& /*ticket*/, const tenon::KeyRef& key, tenon::Value value) override {
    written_[std::string(key.name)] = std::move(value);
  }
  const tenon::Value* adopt(const tenon::StepTicket& /*ticket*/, const tenon::KeyRef& key,
                            tenon::Value value) override {
    return &(data_[std::string(key.name)] = std::move(value));
  }
  void next(const tenon::StepTicket& /*ticket*/) noexcept override { answer_ = {}; }
  void fail(const tenon::StepTicket& /*ticket*/, tenon::ErrorCode error) noexcept override {
    answer_ = std::move(error);
  }
  void dropped(const tenon::StepTicket& /*ticket*/) noexcept override {
    answer_ = tenon::make_error("FLOW.1002", "not answered");
  }
  void skip_rest(const tenon::StepTicket& /*ticket*/) noexcept override { answer_ = {}; }
  void block(const tenon::StepTicket& ticket, tenon::BlockingWork work, const tenon::Flow& flow) noexcept override {
    work(flow, tenon::FlowStep(*this, ticket));
  }
  void progress(const tenon::StepTicket& /*ticket*/, int /*percent*/, std::string_view /*what*/) noexcept override {}
  bool cancelled(const tenon::StepTicket& /*ticket*/) const noexcept override { return cancel; }
  std::string key(const tenon::StepTicket& ticket) const override { return run_ + ":" + std::to_string(ticket.step); }

  using Data = std::map<std::string, tenon::Value>;
  std::string run_;
  Data data_;
  Data written_;
  std::vector<Data> before_;
  tenon::Result<void> answer_;
};

}  // namespace compute::test
