#include "drill_flows.h"

#include <tenon/transactional_flow.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <optional>

#include "flow/chain_assembler.h"
#include "flow/key_template.h"

namespace tenon::crash {
namespace {

constexpr FlowKey<std::int64_t> kNumber{"number"};
constexpr FlowKey<std::string> kChain{"chain"};
constexpr FlowKey<std::string> kSlot{"slot"};
constexpr FlowKey<std::int64_t> kFailAt{"fail_at"};
constexpr FlowKey<std::int64_t> kOwesAt{"owes_at"};
constexpr FlowKey<std::int64_t> kOwes{"owes"};
constexpr FlowKey<std::int64_t> kFlaky{"flaky"};
/// How many steps that count there were before.
constexpr FlowKey<std::int64_t> kCount{"count"};

constexpr char kRetryScope[] = "again";

/// The two parts of a step's key.
struct Name {
  std::string run;
  std::uint32_t step = 0;
};

Name name_of(const FlowData& data) {
  const std::string key = data.key();
  const std::size_t colon = key.find(':');
  return {key.substr(0, colon), static_cast<std::uint32_t>(std::stoul(key.substr(colon + 1)))};
}

std::shared_ptr<const FlowContract> contract_of(char letter) {
  auto contract = std::make_shared<FlowContract>();
  contract->reads(kNumber).reads(kChain).reads(kSlot).reads(kFailAt).reads(kOwesAt).reads(kOwes).reads(kFlaky);
  if (letter == 'c') contract->optional(kCount).writes(kCount);
  return contract;
}

std::string_view class_of(char letter) {
  return letter == 'c' ? "drill.Count" : letter == 'e' ? "drill.Effect" : "drill.Row";
}

/// A text that no other call gives, in no process.
std::string nonce() {
  static std::atomic<std::uint64_t> calls{0};
  return std::to_string(::getpid()) + "." + std::to_string(++calls);
}

}  // namespace

/// What the flows do outside the store.
class DrillFlows::Effects {
 public:
  explicit Effects(Surroundings surroundings) : around_(surroundings) {}

  void make(FlowData& data) const {
    const Name name = name_of(data);
    if (name.step == 0) hold_slot(data, name);
    around_.points.pass("before an effect");
    const Outside::Made made = around_.outside.make(data.key(), name.run);
    around_.outside.tell((made == Outside::Made::kNew ? "make " : "find ") + data.key());
    if (made == Outside::Made::kForeign) wrong(data, "finds the effect of another run");
    around_.points.pass("after an effect");
    fail_as_planned(data, name);
    if (name.step + 1 == kSteps) around_.outside.let_go(data.get(kSlot), name.run);
  }

  void undo(FlowData& data) const {
    const Name name = name_of(data);
    around_.points.pass("before an undo");
    if (around_.idle_undos) return;
    if (data.get(kOwesAt) == std::int64_t{name.step}) {
      const std::int64_t owes = data.get(kOwes);
      if (owes < 0 || around_.outside.count("undo " + data.key()) <= static_cast<std::uint64_t>(owes)) {
        around_.outside.tell("undo in vain " + data.key());
        ErrorCode error = make_error("DRILL.1002", "an undo fails as planned", data.key());
        error.elaboration["retry_on"] = "drill.again";
        throw Error(std::move(error));
      }
    }
    around_.outside.remove(data.key());
    around_.outside.tell("undo " + data.key());
    if (name.step == 0) around_.outside.let_go(data.get(kSlot), name.run);
    around_.points.pass("after an undo");
  }

  void count(FlowData& data) const {
    check_count(data, false);
    const std::int64_t* before = data.find(kCount);
    data.set(kCount, (before != nullptr ? *before : 0) + 1);
  }

  /// What the step sees is what those before it wrote; an undo may see its own, too.
  void check_count(const FlowData& data, bool undo) const {
    const Name name = name_of(data);
    const std::string_view steps = shapes().at(data.get(kChain)).steps;
    std::int64_t expected = 0;
    for (std::uint32_t step = 0; step < name.step; ++step) expected += steps[step] == 'c' ? 1 : 0;
    const std::int64_t* found = data.find(kCount);
    const std::int64_t value = found != nullptr ? *found : 0;
    if (value == expected || (undo && value == expected + 1)) return;
    wrong(data, "expected count " + std::to_string(expected) + ", found " + std::to_string(value) +
                    (undo ? " in its undo" : ""));
  }

  void fail_as_planned(const FlowData& data, const Name& name) const {
    const bool flaky = name.step == kFlakyStep && data.get(kFlaky) > 0 &&
                       around_.outside.count("run " + data.key()) <= static_cast<std::uint64_t>(data.get(kFlaky));
    if (flaky || data.get(kFailAt) == std::int64_t{name.step}) {
      around_.outside.tell("fail " + data.key());
      throw Error(make_error("DRILL.1001", "a flow fails as planned", data.key()));
    }
  }

  [[nodiscard]] KillPoints& points() const { return around_.points; }

 private:
  void hold_slot(const FlowData& data, const Name& name) const {
    if (around_.outside.hold(data.get(kSlot), name.run) == Outside::Made::kForeign) {
      wrong(data, "finds its slot in the hands of another run");
    }
  }
  [[noreturn]] void wrong(const FlowData& data, const std::string& what) const {
    around_.outside.tell("wrong " + data.key() + " " + what);
    throw Error(make_error("DRILL.1003", "the drill has found a fault", data.key() + " " + what));
  }

  const Surroundings around_;
};

/// Answers at once.
class DrillFlows::Count final : public Flow {
 public:
  explicit Count(std::shared_ptr<const Effects> effects) : effects_(std::move(effects)) {}
  void run(FlowStep step) const override {
    effects_->make(step);
    effects_->count(step);
    std::move(step).next();
  }
  void rollback(FlowStep step) const override {
    effects_->check_count(step, true);
    effects_->undo(step);
    std::move(step).next();
  }

 private:
  std::shared_ptr<const Effects> effects_;
};

class DrillFlows::Effect final : public BlockingFlow {
 public:
  explicit Effect(std::shared_ptr<const Effects> effects) : effects_(std::move(effects)) {}
  void execute(FlowData& data) const override { effects_->make(data); }
  void undo(FlowData& data) const override { effects_->undo(data); }

 private:
  std::shared_ptr<const Effects> effects_;
};

/// Notes each time that it takes effect, and is undone.
class DrillFlows::Row final : public TransactionalFlow {
 public:
  explicit Row(std::shared_ptr<const Effects> effects) : effects_(std::move(effects)) {}

  void execute(FlowData& data, StoreTransaction& store) const override {
    const Name name = name_of(data);
    (void)store.execute("INSERT INTO drill_row (run, step, nonce) VALUES ($1, $2, $3)", {name.run, name.step, nonce()})
        .value();
    log(name, store, "done");
    effects_->points().pass("within a transaction");
    effects_->fail_as_planned(data, name);
  }
  void undo(FlowData& data, StoreTransaction& store) const override {
    const Name name = name_of(data);
    (void)store.execute("DELETE FROM drill_row WHERE run = $1 AND step = $2", {name.run, name.step}).value();
    log(name, store, "undone");
    effects_->points().pass("within a transaction");
  }

 private:
  static void log(const Name& name, StoreTransaction& store, const char* what) {
    (void)store
        .execute("INSERT INTO drill_log (run, step, what, nonce) VALUES ($1, $2, $3, $4)",
                 {name.run, name.step, what, nonce()})
        .value();
  }
  std::shared_ptr<const Effects> effects_;
};

DrillFlows::DrillFlows(Surroundings surroundings) : effects_(std::make_shared<Effects>(surroundings)) {}
DrillFlows::~DrillFlows() = default;

Result<void> DrillFlows::resolve(flow::ChainStep& step) const {
  std::shared_ptr<const Flow> flow;
  char letter = 'c';
  if (step.class_name == "drill.Count") {
    flow = std::make_shared<Count>(effects_);
  } else if (step.class_name == "drill.Effect") {
    flow = std::make_shared<Effect>(effects_);
    letter = 'e';
  } else if (step.class_name == "drill.Row") {
    flow = std::make_shared<Row>(effects_);
    letter = 'r';
  } else {
    return make_error("FLOW.1044", "a flow is missing", step.class_name);
  }
  step.flow = flow.get();
  step.keep = std::move(flow);
  step.contract = contract_of(letter);
  return {};
}

std::shared_ptr<const flow::Chain> DrillFlows::chain(const Shape& shape) const {
  flow::ChainAssembler chain(shape.name, {"drill", 0, 0});
  for (const KeyRef key :
       {KeyRef{kNumber.name, 0}, KeyRef{kChain.name, 0}, KeyRef{kSlot.name, 0}, KeyRef{kFailAt.name, 0},
        KeyRef{kOwesAt.name, 0}, KeyRef{kOwes.name, 0}, KeyRef{kFlaky.name, 0}}) {
    chain.input({std::string(key.name), {}});
  }
  chain.lock({flow::KeyTemplate::parse("slot:{slot}").value(), {}});
  chain.recovery(shape.resumes ? flow::Recovery::kResume : flow::Recovery::kRollback);
  const bool parallel = shape.name.ends_with(".parallel");
  for (std::uint32_t index = 0; index < kSteps; ++index) {
    if (parallel && index == 1) chain.open_parallel({}, 2).open_branch();
    if (parallel && (index == 3 || index == 5)) chain.close().open_branch();
    if (shape.retries && index == 2) {
      flow::ScopePolicy policy;
      policy.retry.attempts = kAttempts;
      policy.retry.backoff = std::chrono::milliseconds(1);
      chain.open_scope(kRetryScope, {}, policy);
    }
    flow::ChainStep step;
    step.class_name = class_of(shape.steps[index]);
    step.name = step.class_name + "." + std::to_string(index);
    step.plugin = "drill";
    resolve(step).value();
    chain.step(std::move(step));
    if (parallel && index == 5) chain.close().close();
    if (shape.retries && index == kFlakyStep) chain.close();
  }
  return chain.make();
}

std::vector<std::pair<std::string, Value>> DrillFlows::input(const Plan& plan) {
  const auto entry = [](const auto& key, auto value) {
    return std::pair(std::string(key.name), Value::of<decltype(value)>(std::move(value)));
  };
  return {entry(kNumber, static_cast<std::int64_t>(plan.number)),
          entry(kChain, plan.chain),
          entry(kSlot, "slot" + std::to_string(plan.slot)),
          entry(kFailAt, plan.fail_at),
          entry(kOwesAt, plan.owes_at),
          entry(kOwes, plan.owes),
          entry(kFlaky, plan.flaky)};
}

std::string_view drill_tables() {
  return "CREATE TABLE drill_row (run text NOT NULL, step bigint NOT NULL, nonce text NOT NULL, PRIMARY KEY (run, "
         "step, "
         "nonce)); CREATE TABLE drill_log (run text NOT NULL, step bigint NOT NULL, what text NOT NULL, nonce text NOT "
         "NULL, PRIMARY KEY (run, step, what, nonce));";
}

}  // namespace tenon::crash
