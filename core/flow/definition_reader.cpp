#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "flow/chain_assembler.h"
#include "flow/definition.h"
#include "flow/definition_words.h"

namespace tenon::flow {
namespace {

namespace words = definition_words;

/// In milliseconds: the longest that clocks, which count nanoseconds, can tell.
constexpr std::int64_t kLongest = std::numeric_limits<std::int64_t>::max() / 1'000'000;
/// How many scopes, parallels and branches may be open at once: whoever walks over a chain needs stack for them.
constexpr std::size_t kDeepest = 4096;

ErrorCode no_definition(const std::string& details) {
  return make_error("FLOW.1047", "not the definition of a chain", details);
}

/// The first thing that is wrong with a text. Reading goes on after it, with nothing for what is wrong.
class Fault {
 public:
  void report(const std::string& path, std::string_view what) {
    if (!error_) error_ = no_definition(path + ": " + std::string(what));
  }
  [[nodiscard]] const std::optional<ErrorCode>& error() const noexcept { return error_; }

 private:
  std::optional<ErrorCode> error_;
};

/// One value of the text. Each way to read it reports another type at its path.
class Item {
 public:
  Item(const rapidjson::Value* value, std::string path, Fault& fault)
      : value_(value), path_(std::move(path)), fault_(&fault) {}

  [[nodiscard]] bool has(const char* name) const {
    return value_ != nullptr && value_->IsObject() && value_->HasMember(name);
  }
  [[nodiscard]] Item member(const char* name) const {
    if (value_ == nullptr || !value_->IsObject()) {
      report("expected an object");
      return {nullptr, path_, *fault_};
    }
    const auto found = value_->FindMember(name);
    return {found != value_->MemberEnd() ? &found->value : nullptr, path_ + "." + name, *fault_};
  }
  [[nodiscard]] std::vector<Item> elements() const {
    std::vector<Item> items;
    if (value_ == nullptr || !value_->IsArray()) {
      report("expected a list");
      return items;
    }
    for (const rapidjson::Value& element : value_->GetArray())
      items.emplace_back(&element, path_ + "[" + std::to_string(items.size()) + "]", *fault_);
    return items;
  }
  [[nodiscard]] std::string text() const {
    if (value_ != nullptr && value_->IsString()) return {value_->GetString(), value_->GetStringLength()};
    report("expected a text");
    return {};
  }
  [[nodiscard]] bool flag() const {
    if (value_ != nullptr && value_->IsBool()) return value_->GetBool();
    report("expected true or false");
    return false;
  }
  [[nodiscard]] std::uint32_t number(std::uint32_t least) const {
    if (value_ != nullptr && value_->IsUint() && value_->GetUint() >= least) return value_->GetUint();
    report("expected a whole number from " + std::to_string(least));
    return least;
  }
  [[nodiscard]] std::chrono::milliseconds duration() const {
    if (value_ != nullptr && value_->IsInt64() && value_->GetInt64() >= 0 && value_->GetInt64() <= kLongest)
      return std::chrono::milliseconds(value_->GetInt64());
    report("expected a number of milliseconds");
    return {};
  }
  [[nodiscard]] double fraction() const {
    if (value_ != nullptr && value_->IsDouble() && value_->GetDouble() >= 0 && value_->GetDouble() <= 1)
      return value_->GetDouble();
    report("expected a number from 0.0 to 1.0");
    return 0;
  }
  /// Which of these words it is.
  [[nodiscard]] std::size_t choice(std::span<const std::string_view> known) const {
    if (value_ != nullptr && value_->IsString()) {
      const auto found = std::find(known.begin(), known.end(), text());
      if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
    }
    std::string expected;
    for (const std::string_view word : known) expected.append(expected.empty() ? "" : " or ").append(word);
    report("expected " + expected);
    return 0;
  }
  [[nodiscard]] std::optional<KeyTemplate> name_of_data() const {
    Result<KeyTemplate> read = KeyTemplate::parse(text());
    if (read) return std::move(read).value();
    report(read.error().details);
    return std::nullopt;
  }

  /// Says that a value which is not there is missing, whatever was expected.
  void report(std::string_view what) const { fault_->report(path_, value_ == nullptr ? "it is missing" : what); }

 private:
  const rapidjson::Value* value_;
  std::string path_;
  Fault* fault_;
};

RetryPolicy read_retry(const Item& item) {
  RetryPolicy retry;
  retry.attempts = item.member("attempts").number(1);
  retry.backoff = item.member("backoff_ms").duration();
  retry.max_backoff = item.member("max_backoff_ms").duration();
  retry.jitter = item.member("jitter").fraction();
  for (const Item& code : item.member("codes").elements()) retry.codes.push_back(code.text());
  retry.undo_between = item.member("undo_between").flag();
  return retry;
}

std::shared_ptr<const StepPolicy> read_policy(const Item& item) {
  auto policy = std::make_shared<StepPolicy>();
  policy->timeout = item.member("timeout_ms").duration();
  policy->undo_timeout = item.member("undo_timeout_ms").duration();
  policy->grace = item.member("grace_ms").duration();
  policy->retry = read_retry(item.member("retry"));
  policy->undo_attempts = item.member("undo_attempts").number(1);
  if (item.has("concurrency")) {
    const Item concurrency = item.member("concurrency");
    const std::uint32_t limit = concurrency.member("limit").number(1);
    if (auto key = concurrency.member("key").name_of_data())
      policy->concurrency = ConcurrencyPolicy{*std::move(key), limit, {}};
  }
  for (const Item& when : item.member("when").elements()) {
    std::string key = when.member("key").text();
    const std::uint64_t hash = detail::hash(key);
    policy->when.push_back({std::move(key), hash, when.member("negated").flag(), {}});
  }
  return policy;
}

ChainStep read_step(const Item& item) {
  ChainStep step;
  step.name = item.member("name").text();
  step.plugin = item.member("plugin").text();
  step.class_name = item.member("class").text();
  if (item.has("interface")) {
    step.interface = item.member("interface").text();
    step.bean = item.member("bean").text();
  }
  step.side = static_cast<StepSide>(item.member("side").choice(words::kSides));
  if (item.has("policy")) step.policy = read_policy(item.member("policy"));
  return step;
}

/// Reads the ops of a chain whose steps, scopes and parallels are known. The engine relies on what is checked here:
/// what is opened is closed, and each step is called once.
class OpReader {
 public:
  explicit OpReader(Chain& chain) : chain_(chain), called_(chain.steps.size()), checked_(chain.steps.size()) {}

  void read(const Item& list) {
    for (const Item& item : list.elements()) {
      if (const std::string_view wrong = read_one(item.text()); !wrong.empty()) {
        item.report(wrong);
        return;
      }
    }
    if (!open_.empty()) list.report("something is not closed");
    if (std::find(called_.begin(), called_.end(), false) != called_.end()) list.report("a step is not called");
    if (scopes_ != chain_.scopes.size()) list.report("a scope is not opened");
    if (parallels_ != chain_.parallels.size()) list.report("a parallel is not opened");
  }

 private:
  enum class Frame : std::uint8_t { kScope, kParallel, kBranch };
  struct Open {
    Frame frame;
    std::uint32_t index;
  };

  /// What is wrong with it; empty if nothing.
  std::string_view read_one(std::string_view text) {
    if (text == words::kEnd) return end();
    if (text == words::kBranch) return branch();
    if (!open_.empty() && open_.back().frame == Frame::kParallel) return "a parallel has nothing but branches";
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    const std::string_view digits = blank == std::string_view::npos ? "" : text.substr(blank + 1);
    std::uint32_t index = 0;
    const auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (problem != std::errc() || rest != digits.data() + digits.size()) return "expected a word and a number";
    if (word == words::kStep) return step(index);
    if (word == words::kCheck) return check(index);
    if (word == words::kScope) return scope(index);
    if (word == words::kParallel) return parallel(index);
    return "no such op";
  }

  std::string_view step(std::uint32_t index) {
    if (index >= called_.size()) return "there is no such step";
    if (called_[index]) return "the step is called twice";
    called_[index] = true;
    chain_.ops.push_back({Op::Kind::kStep, index});
    return {};
  }
  std::string_view check(std::uint32_t index) {
    if (index >= checked_.size()) return "there is no such step";
    if (checked_[index]) return "the step is checked twice";
    if (called_[index]) return "the step has been called before";
    checked_[index] = true;
    chain_.ops.push_back({Op::Kind::kCheck, index});
    return {};
  }
  std::string_view scope(std::uint32_t index) {
    if (index != scopes_ || index >= chain_.scopes.size()) return "it is not the next scope";
    ++scopes_;
    chain_.ops.push_back({Op::Kind::kOpen, index});
    chain_.scopes[index].ops = {here(), here()};
    return open(Frame::kScope, index);
  }
  std::string_view parallel(std::uint32_t index) {
    if (index != parallels_ || index >= chain_.parallels.size()) return "it is not the next parallel";
    ++parallels_;
    chain_.ops.push_back({Op::Kind::kParallel, index});
    return open(Frame::kParallel, index);
  }
  std::string_view branch() {
    if (open_.empty() || open_.back().frame != Frame::kParallel) return "a branch without a parallel";
    const std::uint32_t index = open_.back().index;
    chain_.parallels[index].branches.push_back({here(), here()});
    return open(Frame::kBranch, index);
  }
  std::string_view open(Frame frame, std::uint32_t index) {
    if (open_.size() >= kDeepest) return "nested too deep";
    open_.push_back({frame, index});
    return {};
  }
  std::string_view end() {
    if (open_.empty()) return "nothing is open";
    const Open closed = open_.back();
    open_.pop_back();
    if (closed.frame == Frame::kBranch) chain_.parallels[closed.index].branches.back().end = here();
    if (closed.frame == Frame::kScope) {
      chain_.scopes[closed.index].ops.end = here();
      chain_.ops.push_back({Op::Kind::kClose, closed.index});
    }
    return {};
  }
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(chain_.ops.size()); }

  Chain& chain_;
  std::vector<Open> open_;
  std::vector<bool> called_;
  std::vector<bool> checked_;
  std::uint32_t scopes_ = 0;
  std::uint32_t parallels_ = 0;
};

/// All but what a resolver gives.
Chain read_chain(const Item& item) {
  Chain chain;
  const Item format = item.member(words::kFormat);
  if (format.number(1) != words::kFormatNumber) format.report("this node does not know the format");
  chain.name = item.member("name").text();
  chain.recovery = static_cast<Recovery>(item.member("recovery").choice(words::kRecoveries));
  for (const Item& input : item.member("inputs").elements()) chain.inputs.push_back({input.text(), {}});
  chain.open_inputs = item.member("open_inputs").flag();
  for (const Item& lock : item.member("locks").elements()) {
    if (auto key = lock.name_of_data()) chain.locks.push_back({*std::move(key), {}});
  }
  for (const Item& step : item.member("steps").elements()) chain.steps.push_back(read_step(step));
  for (const Item& given : item.member("scopes").elements()) {
    ScopePolicy policy;
    policy.timeout = given.member("timeout_ms").duration();
    policy.retry = read_retry(given.member("retry"));
    chain.scopes.push_back({given.member("name").text(), {}, std::move(policy), {}});
  }
  for (const Item& limit : item.member("parallels").elements()) chain.parallels.push_back({{}, limit.number(0), {}});
  OpReader(chain).read(item.member("ops"));
  return chain;
}

}  // namespace

Result<std::shared_ptr<const Chain>> chain_from_definition(std::string_view text, const StepResolver& resolver) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;
  rapidjson::Document document;
  document.Parse<kFlags>(text.empty() ? "" : text.data(), text.size());
  if (document.HasParseError()) {
    return no_definition("$: not JSON at byte " + std::to_string(document.GetErrorOffset()) + ": " +
                         rapidjson::GetParseError_En(document.GetParseError()));
  }
  Fault fault;
  auto chain = std::make_shared<Chain>(read_chain({&document, "$", fault}));
  if (fault.error()) return *fault.error();
  // Nothing may stand in it that a chain does not hold: it would be lost.
  const std::string own = definition_text(*chain);
  if (own != text) {
    const auto differs = std::mismatch(own.begin(), own.end(), text.begin(), text.end()).first - own.begin();
    return no_definition("$: not in canonical form from byte " + std::to_string(differs) + " on");
  }
  for (ChainStep& step : chain->steps) {
    if (Result<void> found = resolver.resolve(step); !found) return std::move(found).error();
    finish_step(step);
    chain->writes += step.writable.size();
  }
  return std::shared_ptr<const Chain>(std::move(chain));
}

}  // namespace tenon::flow
