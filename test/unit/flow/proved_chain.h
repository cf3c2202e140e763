#pragma once

#include <string>
#include <utility>
#include <vector>

#include "descriptor/diagnostics.h"
#include "flow/chain_assembler.h"
#include "flow/chain_proof.h"

/// Chains of contracts without flows, for the proof of them.
namespace tenon::test {

inline constexpr FlowKey<std::string> kHost{"host"};
inline constexpr FlowKey<int> kHostNumber{"host"};
inline constexpr FlowKey<std::string> kVolume{"volume"};
inline constexpr FlowKey<std::string> kPort{"port"};
inline constexpr FlowKey<bool> kFast{"fast"};

inline descriptor::Place line(std::uint32_t number) { return {"c.xml", number, 5}; }

/// `fast`, `!fast`, with the place of the line.
inline flow::Condition condition(const std::string& text, std::uint32_t number) {
  const bool negated = text.front() == '!';
  const std::string key = negated ? text.substr(1) : text;
  return {key, detail::hash(key), negated, line(number)};
}

/// Puts a chain together of which each part stands on the next line, and proves it.
class ProvedChain {
 public:
  explicit ProvedChain(std::string name = "c") : chain_(std::move(name), line(1)) {}

  ProvedChain& input(const std::string& key) {
    chain_.input({key, line(next())});
    return *this;
  }
  ProvedChain& lock(const char* text) {
    chain_.lock({flow::KeyTemplate::parse(text).value(), line(next())});
    return *this;
  }
  /// What the next step or point has, besides its contract.
  ProvedChain& when(const std::string& text) {
    policy_.when.push_back(condition(text, line_ + 1));
    return *this;
  }
  /// As `when`, with the condition of an element around: it stands where the element does.
  ProvedChain& when(const flow::Condition& shared) {
    policy_.when.push_back(shared);
    return *this;
  }
  ProvedChain& limit(const char* text) {
    policy_.concurrency = {flow::KeyTemplate::parse(text).value(), 1, line(line_ + 1)};
    return *this;
  }
  ProvedChain& skips() {
    step_.has_skip = true;
    return *this;
  }
  ProvedChain& no_undo() {
    step_.has_undo = false;
    return *this;
  }
  ProvedChain& release() {
    step_.side = flow::StepSide::kRelease;
    return *this;
  }

  ProvedChain& step(std::string name, FlowContract contract) {
    step_.contract = std::make_shared<FlowContract>(std::move(contract));
    return step(std::move(name));
  }
  /// Without a contract.
  ProvedChain& step(std::string name) {
    step_.name = std::move(name);
    step_.place = line(next());
    step_.policy = policy();
    chain_.step(std::exchange(step_, {}));
    return *this;
  }
  /// An extension point and its extensions, on one line.
  ProvedChain& point(const FlowContract& contract, const std::vector<std::pair<std::string, FlowContract>>& beans = {},
                     const std::string& interface = "Prepare") {
    flow::ExtensionPoint point;
    point.interface = interface + "/1";
    point.contract = std::make_shared<FlowContract>(contract);
    point.place = line(next());
    point.policy = policy();
    chain_.open_group(point);
    for (const auto& [bean, own] : beans) {
      flow::ChainStep step = step_;
      step.name = interface + "[" + bean + "]";
      step.interface = point.interface;
      step.interface_contract = point.contract;
      step.contract = std::make_shared<FlowContract>(merged(contract, own));
      step.place = point.place;
      step.origin = {bean + ".xml", 3, 3};
      step.policy = point.policy;
      chain_.step(std::move(step));
    }
    step_ = {};
    chain_.close();
    return *this;
  }
  /// For what this has no words for.
  flow::ChainAssembler& assembler() { return chain_; }

  std::shared_ptr<const flow::Chain> make() { return flow::ChainAssembler(chain_).make(); }

  /// What the proof says.
  std::vector<std::string> faults(std::vector<flow::FlowClass> flows = {}) {
    descriptor::Diagnostics diagnostics;
    flow::ChainProof(std::move(flows), diagnostics).prove(*make());
    std::vector<std::string> lines;
    for (const descriptor::Diagnostic& fault : diagnostics.sorted()) lines.push_back(fault.to_string());
    return lines;
  }

 private:
  std::uint32_t next() { return ++line_; }

  std::shared_ptr<const flow::StepPolicy> policy() {
    return std::make_shared<flow::StepPolicy>(std::exchange(policy_, {}));
  }

  static FlowContract merged(FlowContract contract, const FlowContract& own) {
    const auto append = [](std::vector<KeyEntry>& to, const std::vector<KeyEntry>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(contract.reads_list, own.reads_list);
    append(contract.optional_list, own.optional_list);
    append(contract.writes_list, own.writes_list);
    return contract;
  }

  flow::ChainAssembler chain_;
  flow::ChainStep step_;
  flow::StepPolicy policy_;
  std::uint32_t line_ = 1;
};

inline FlowContract contract() { return {}; }

}  // namespace tenon::test
