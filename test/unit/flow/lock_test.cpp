#include <gmock/gmock.h>

#include <map>

#include "flow/journal.h"
#include "timed_run.h"

namespace {

using namespace std::chrono_literals;
using tenon::FlowStep;
using tenon::Json;
using tenon::Value;
using tenon::flow::KeyTemplate;
using tenon::flow::RunResult;
using tenon::flow::StepPolicy;
using tenon::flow::Waiting;
using tenon::test::ChainMaker;
using tenon::test::key_template;
using tenon::test::Started;
using testing::ElementsAre;
using testing::HasSubstr;

class FlowLock : public tenon::test::TimedRun {
 protected:
  std::shared_ptr<const tenon::flow::Chain> locked(const std::string& step, std::vector<std::string> locks) {
    ChainMaker maker("locked");
    maker.input("vm");
    for (const std::string& lock : locks) maker.assembler().lock({key_template(lock), {"c.xml", 1, 1}});
    return maker.then(step, keep(step), trace_.next("undo " + step)).make();
  }
  static std::vector<std::pair<std::string, Value>> vm(const std::string& uuid) {
    return {{"vm", Value::of(Json::object().add("uuid", uuid))}};
  }
};

TEST_F(FlowLock, is_held_until_the_end_of_the_run_and_goes_to_who_came_first) {
  Started first(engine_, locked("first", {"vm:{vm.uuid}"}), vm("1"));
  Started second(engine_, locked("second", {"vm:{vm.uuid}"}), vm("1"));
  Started third(engine_, locked("third", {"vm:{vm.uuid}"}), vm("1"));
  Started other(engine_, locked("other", {"vm:{vm.uuid}"}), vm("2"));
  taken("other").next();
  EXPECT_TRUE(other.result().ok());

  const auto waiting = engine_.inspect(second.id);
  EXPECT_EQ(waiting->places.at(0).waiting, Waiting::kLock);
  EXPECT_EQ(waiting->places.at(0).what, "vm:1");
  EXPECT_THAT(waiting->places.at(0).holders, ElementsAre(first.id)) << "who holds it can be seen";

  EXPECT_THAT(engine_.inspect(first.id)->locks, ElementsAre("vm:1"));
  EXPECT_THAT(waiting->locks, testing::IsEmpty());

  taken("first").next();
  taken("second").next();
  taken("third").next();
  EXPECT_TRUE(third.result().ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("first", "other", "second", "third"));
}

TEST_F(FlowLock, of_several_names_is_taken_in_one_order_by_all) {
  Started first(engine_, locked("first", {"b:{vm.uuid}", "a"}), vm("1"));
  Started second(engine_, locked("second", {"a", "b:{vm.uuid}"}), vm("1"));
  EXPECT_EQ(engine_.inspect(second.id)->places.at(0).what, "a");
  taken("first").next();
  taken("second").next();
  EXPECT_TRUE(first.result().ok());
  EXPECT_TRUE(second.result().ok());
}

TEST_F(FlowLock, is_given_up_by_a_run_that_is_cancelled_while_it_waits) {
  Started first(engine_, locked("first", {"vm:{vm.uuid}"}), vm("1"));
  Started second(engine_, locked("second", {"vm:{vm.uuid}"}), vm("1"));
  Started third(engine_, locked("third", {"vm:{vm.uuid}"}), vm("1"));
  EXPECT_TRUE(engine_.cancel(second.id));
  const RunResult result = second.result();
  EXPECT_EQ(result.error->code, "FLOW.1004");
  EXPECT_THAT(result.error->details,
              HasSubstr("while it waited for the lock 'vm:1', held by " + tenon::flow::run_name(first.id)));
  taken("first").next();
  taken("third").next();
  EXPECT_TRUE(third.result().ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("first", "third")) << "nothing of the second has begun";
}

TEST_F(FlowLock, that_can_not_be_named_from_the_inputs_refuses_the_run) {
  tenon::flow::RunRequest request;
  request.chain = locked("a", {"vm:{vm.id}"});
  request.input = vm("1");
  const auto refused = engine_.start(std::move(request));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().to_string(),
            "FLOW.1015: a lock or limit can't be named from the data: 'vm:{vm.id}': there is no 'vm.id'");
  EXPECT_EQ(refused.error().elaboration.at("place"), "c.xml:1:1");
}

TEST_F(FlowLock, wait_counts_into_the_time_of_the_chain) {
  Started first(engine_, locked("first", {"a"}), vm("1"));
  ChainMaker maker;
  tenon::flow::ScopePolicy policy;
  policy.timeout = 1s;
  maker.assembler().lock({key_template("a"), {}}).policy(policy);
  Started second(engine_, maker.then("second", keep("second")).make());
  clock_->advance(1s);
  EXPECT_EQ(second.result().error->code, "FLOW.1005");
  taken("first").next();
  EXPECT_TRUE(first.result().ok());
}

/// Keeps whom it has to tell until the test does.
class SlowJournal final : public tenon::flow::Journal {
 public:
  void start(const tenon::flow::RunStart& start, tenon::flow::JournalListener& listener,
             std::uint64_t ticket) override {
    keep(start.run, listener, ticket);
  }
  void append(const tenon::flow::JournalRecord& record, tenon::flow::JournalListener& listener,
              std::uint64_t ticket) override {
    keep(record.run, listener, ticket);
  }
  void tell(std::uint64_t run) {
    std::unique_lock lock(mutex_);
    const auto told = kept_.at(run);
    lock.unlock();
    told.first->recorded(told.second);
  }

 private:
  void keep(std::uint64_t run, tenon::flow::JournalListener& listener, std::uint64_t ticket) {
    const std::lock_guard lock(mutex_);
    kept_[run] = {&listener, ticket};
  }

  std::mutex mutex_;
  std::map<std::uint64_t, std::pair<tenon::flow::JournalListener*, std::uint64_t>> kept_;
};

TEST(FlowLockOrder, is_that_of_the_runs_whichever_is_recorded_first) {
  tenon::test::Trace trace;
  SlowJournal journal;
  tenon::flow::Engine engine({.threads = 1, .blocking_threads = 1, .journal = &journal});
  ChainMaker maker;
  maker.assembler().lock({key_template("a"), {}}).lock({key_template("b"), {}});
  const auto chain = maker.then("step", trace.next("step")).make();
  Started older(engine, chain);
  Started newer(engine, chain);
  journal.tell(newer.id);
  EXPECT_TRUE(trace.lines().empty()) << "after a crash now, the older one would be taken up first";
  EXPECT_THAT(engine.inspect(newer.id)->places.at(0).holders, ElementsAre(older.id));
  journal.tell(older.id);
  EXPECT_THAT(trace.lines(), ElementsAre("step"));
  journal.tell(older.id);  // its end
  EXPECT_TRUE(older.result().ok());
  ASSERT_TRUE(trace.wait_for("step"));
  for (int i = 0; i < 10'000 && trace.lines().size() < 2; ++i) std::this_thread::sleep_for(1ms);
  for (int i = 0; i < 10'000 && engine.inspect(newer.id)->places.at(0).waiting != Waiting::kCommit; ++i) {
    std::this_thread::sleep_for(1ms);
  }
  journal.tell(newer.id);
  EXPECT_TRUE(newer.result().ok());
  EXPECT_TRUE(engine.wait_idle(10s));
}

TEST_F(FlowLock, that_was_asked_for_is_free_when_the_run_has_ended_without_it) {
  engine_.hold(1, {"vm:1"});
  Started waits(engine_, locked("waits", {"vm:{vm.uuid}"}), vm("1"));
  EXPECT_TRUE(engine_.cancel(waits.id));
  EXPECT_EQ(waits.result().error->code, "FLOW.1004");
  engine_.let_go(1);
  Started next(engine_, locked("next", {"vm:{vm.uuid}"}), vm("1"));
  taken("next").next();
  EXPECT_TRUE(next.result().ok());
}

class FlowConcurrency : public tenon::test::TimedRun {
 protected:
  std::shared_ptr<const tenon::flow::Chain> limited(const std::string& name, std::uint32_t limit) {
    StepPolicy policy;
    policy.concurrency = tenon::flow::ConcurrencyPolicy{key_template("host:{host}"), limit, {}};
    return ChainMaker()
        .input("host")
        .then(name, keep(name), trace_.next("undo " + name), policy)
        .then("after " + name, keep("after " + name))
        .make();
  }
  std::vector<std::pair<std::string, Value>> host_{{"host", Value::of(Json("h1"))}};
};

TEST_F(FlowConcurrency, lets_so_many_steps_be_at_work_at_once_and_is_held_during_the_step_alone) {
  Started a(engine_, limited("a", 2), host_);
  Started b(engine_, limited("b", 2), host_);
  Started c(engine_, limited("c", 2), host_);
  EXPECT_EQ(engine_.inspect(c.id)->places.at(0).waiting, Waiting::kConcurrency);
  EXPECT_THAT(engine_.inspect(c.id)->places.at(0).holders, ElementsAre(a.id, b.id));
  taken("a").next();
  taken("after a");
  EXPECT_TRUE(trace_.wait_for("c")) << "a's step is over, though its run is not";
  taken("b").next();
  taken("c").next();
  taken("after b").next();
  taken("after c").next();
  EXPECT_TRUE(b.result().ok());
  EXPECT_TRUE(c.result().ok());
  EXPECT_EQ(a.result().error->code, "FLOW.1002");
}

TEST_F(FlowConcurrency, is_not_waited_for_by_a_run_that_is_cancelled) {
  Started a(engine_, limited("a", 1), host_);
  Started b(engine_, limited("b", 1), host_);
  wait_until(b.id, Waiting::kConcurrency);
  EXPECT_TRUE(engine_.cancel(b.id));
  EXPECT_EQ(b.result().error->code, "FLOW.1004");
  taken("a").next();
  taken("after a").next();
  EXPECT_TRUE(a.result().ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("a", "after a"));
}

TEST(KeyTemplateTest, names_itself_from_text_numbers_and_flags) {
  const Value value = Value::of(Json::object().add("id", 7).add("on", true).add("list", Json::array()));
  const auto find = [&](std::string_view key) { return key == "vm" ? &value : nullptr; };
  EXPECT_EQ(key_template("vm:{vm.id}:{vm.on}").name(find).value(), "vm:7:true");
  EXPECT_EQ(key_template("all").name(find).value(), "all");
  EXPECT_THAT(key_template("{vm.list}").name(find).error().details, HasSubstr("'vm.list' is array"));
  EXPECT_THAT(key_template("{x}").name(find).error().details, HasSubstr("there is no value under 'x'"));
  EXPECT_THAT(key_template("{vm.id}/{vm.on}/{x}").keys(), ElementsAre("vm", "x"));
}

TEST(KeyTemplateTest, says_what_is_wrong_and_where) {
  const auto wrong = [](std::string_view text) { return KeyTemplate::parse(text).error().details; };
  EXPECT_EQ(wrong(""), "'', character 1: it is empty");
  EXPECT_EQ(wrong("vm:{vm"), "'vm:{vm', character 4: a '{' without its '}'");
  EXPECT_EQ(wrong("vm}"), "'vm}', character 3: a '}' without its '{'");
  EXPECT_EQ(wrong("{}"), "'{}', character 2: expected {KEY} or {KEY.MEMBER…}");
  EXPECT_EQ(wrong("{a..b}"), "'{a..b}', character 4: expected {KEY} or {KEY.MEMBER…}");
}

}  // namespace
