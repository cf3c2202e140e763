#include <tenon/chain.h>
#include <tenon/plugin.h>
#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <set>

namespace sample {

constexpr tenon::FlowKey<std::string> kImage{"image"};
constexpr tenon::FlowKey<std::int64_t> kSize{"size"};

/// Makes a file, in a set of names, named after its step.
class MakeFile final : public tenon::BlockingFlow {
 public:
  explicit MakeFile(std::set<std::string>& files) : files_(files) {}
  void execute(tenon::FlowData& data) const override {
    files_.insert(data.key());
    data.set(kSize, static_cast<std::int64_t>(data.get(kImage).size()));
  }
  void undo(tenon::FlowData& data) const override { files_.erase(data.key()); }

 private:
  std::set<std::string>& files_;
};

class Measure final : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kSize, static_cast<std::int64_t>(step.get(kImage).size()));
    std::move(step).next();
  }
};

/// Can't be given back.
class Prepare final : public tenon::ReleasableFlow {
 public:
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
  void release(tenon::FlowStep step) const override {
    std::move(step).fail(tenon::make_error("TEST.1", "told to fail"));
  }
};

}  // namespace sample

namespace {

using namespace std::chrono_literals;
using sample::kImage;
using sample::kSize;
using tenon::FlowStep;
using tenon::make_error;
using tenon::testing::ChainRunner;
using tenon::testing::Fault;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void next(FlowStep step) { std::move(step).next(); }
void fail(FlowStep step) { std::move(step).fail(make_error("TEST.1", "told to fail")); }

TEST(ChainRunner, runs_flows_on_their_inputs_and_tells_what_they_wrote) {
  std::set<std::string> files;
  const sample::MakeFile make_file(files);
  ChainRunner runner;
  runner.input(kImage, "old").input(kImage, "base").then(make_file).then("b", next);
  const auto& ran = runner.run();
  EXPECT_TRUE(ran.ok());
  EXPECT_THAT(ran.trace, ElementsAre("run sample.MakeFile", "run b"));
  ASSERT_NE(runner.find(kSize), nullptr);
  EXPECT_EQ(*runner.find(kSize), 4);
  EXPECT_THAT(files, ElementsAre(runner.key("sample.MakeFile")));
}

TEST(ChainRunner, takes_inputs_as_json) {
  const sample::Measure measure;
  ChainRunner runner;
  runner.input_json("image", tenon::Json("base")).then(measure);
  EXPECT_TRUE(runner.run().ok());
  EXPECT_EQ(*runner.find(kSize), 4);
}

TEST(ChainRunner, undoes_a_run_that_fails_and_tells_the_undos_that_fail) {
  ChainRunner runner;
  runner.input(kImage, "base").then("a", next, fail).then("b", next, next).then("c", fail);
  const auto& ran = runner.run();
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error->code, "TEST.1");
  EXPECT_EQ(ran.result().error().code, "TEST.1");
  EXPECT_THAT(ran.trace, ElementsAre("run a", "run b", "run c", "undo c", "undo b", "undo a"));
  ASSERT_THAT(ran.undo_errors, SizeIs(1));
  EXPECT_EQ(ran.undo_errors[0].code, "TEST.1");
  EXPECT_EQ(*runner.find(kImage), "base");
  EXPECT_EQ(runner.find(kSize), nullptr);
}

TEST(ChainRunner, gives_runners_of_one_number_the_same_keys) {
  const auto key = [](std::uint64_t run) {
    ChainRunner runner(run);
    std::string seen;
    runner.then("a", next).then("b", [&](FlowStep step) {
      seen = step.key();
      std::move(step).next();
    });
    EXPECT_TRUE(runner.run().ok());
    EXPECT_EQ(runner.key("b"), seen);
    return seen;
  };
  EXPECT_EQ(key(17), key(17));
  EXPECT_NE(key(17), key(18));
}

TEST(ChainRunner, undoes_what_has_been_done_with_the_keys_and_data_of_the_run) {
  std::set<std::string> files;
  const sample::MakeFile make_file(files);
  std::optional<std::int64_t> seen;
  ChainRunner runner;
  runner.input(kImage, "base").then(make_file).then("b", next, [&](FlowStep step) {
    seen = step.get(kSize);
    std::move(step).next();
  });
  ASSERT_TRUE(runner.run().ok());
  EXPECT_THAT(files, SizeIs(1));
  const auto& undone = runner.undo();
  EXPECT_TRUE(undone.ok());
  EXPECT_THAT(undone.trace, ElementsAre("undo b", "undo sample.MakeFile"));
  EXPECT_THAT(files, IsEmpty());
  EXPECT_EQ(seen, 4);
}

TEST(ChainRunner, undoes_the_steps_from_one_on_alone) {
  ChainRunner runner;
  runner.then("a", next, next).then("b", next, fail).then("c", next, next);
  ASSERT_TRUE(runner.run().ok());
  const auto& undone = runner.undo_from("b");
  EXPECT_THAT(undone.trace, ElementsAre("undo c", "undo b"));
  ASSERT_FALSE(undone.ok());
  EXPECT_EQ(undone.error->code, "TEST.1");
  EXPECT_THAT(undone.undo_errors, SizeIs(1));
}

TEST(ChainRunner, repeats_the_last_steps_as_after_a_crash) {
  std::set<std::string> keys;
  const sample::Measure measure;
  ChainRunner runner;
  runner.input(kImage, "base").then(measure).then("b", [&](FlowStep step) {
    EXPECT_EQ(step.get(kSize), 4);
    keys.insert(step.key());
    std::move(step).next();
  });
  ASSERT_TRUE(runner.run().ok());
  EXPECT_THAT(runner.run_from("b").trace, ElementsAre("run b"));
  EXPECT_TRUE(runner.outcome().ok());
  EXPECT_THAT(keys, SizeIs(1));
  EXPECT_THAT(runner.undo().trace, ElementsAre("undo b", "undo sample.Measure"));
}

TEST(ChainRunner, calls_the_release_side_of_a_flow) {
  const sample::Prepare prepare;
  ChainRunner runner;
  const auto& ran = runner.then(prepare).then_release(prepare).run();
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error->code, "TEST.1");
  EXPECT_THAT(ran.trace, ElementsAre("run sample.Prepare", "release sample.Prepare", "undo sample.Prepare"));
}

TEST(ChainRunner, says_what_a_test_asks_for_in_vain) {
  const auto complaint = [](const auto& ask) -> std::string {
    try {
      ask();
    } catch (const tenon::Error& e) {
      return e.what();
    }
    return "none";
  };
  ChainRunner runner;
  runner.then("download", next);
  EXPECT_THAT(complaint([&] { (void)runner.key("downlod"); }), HasSubstr("step 'downlod' (did you mean 'download'?)"));
  EXPECT_THAT(complaint([&] { (void)runner.outcome(); }), HasSubstr("the outcome of a run"));
  EXPECT_THAT(complaint([&] { runner.undo(); }), HasSubstr("a run of these steps that succeeded"));
  runner.start();
  EXPECT_THAT(complaint([&] { runner.wait_for("undo download"); }), HasSubstr("'undo download': the run has ended"));
}

TEST(ChainRunner, holds_a_flow_of_a_class_to_its_declaration) {
  tenon::ClassTable classes;
  tenon::PluginBuilder plugin(classes);
  plugin.flow<sample::Measure>("sample.Measure").reads(kImage).writes(kSize);
  ChainRunner runner;
  runner.input(kImage, "base").then_class(classes, "sample.Measure");
  EXPECT_TRUE(runner.run().ok());
  EXPECT_THROW(runner.then_class(classes, "sample.Messure"), tenon::Error);
}

TEST(ChainRunner, is_the_node_of_the_tests_code) {
  ChainRunner runner;
  runner.then("outer", [](FlowStep step) {
    tenon::log::info("inner is started", {{"by", "outer"}});
    EXPECT_TRUE(tenon::new_simple_flow_chain("inner")
                    .then("a", next)
                    .done([](const tenon::ChainData&) { tenon::log::info("inner is done"); })
                    .start()
                    .ok());
    std::move(step).next();
    std::move(step).next();  // NOLINT(bugprone-use-after-move): the fault that is looked for
  });
  EXPECT_TRUE(runner.run().ok());
  EXPECT_THAT(runner.log(), ElementsAre("inner is started by=outer", "inner is done",
                                        "a step was answered a second time, without effect code=FLOW.1003 step=0"));
}

TEST(ChainRunner, fails_a_step_on_purpose_before_and_after_its_flow) {
  ChainRunner runner;
  runner.then("a", next, next).then("b", next, next);
  const auto trace = [&](Fault fault) {
    const auto& ran = runner.fail_at("b", fault).run();
    EXPECT_EQ(ran.error.value_or(tenon::ErrorCode{}).code, "FLOW.1020");
    return ran.trace;
  };
  EXPECT_THAT(trace(Fault::kBefore), ElementsAre("run a", "undo b", "undo a"));
  EXPECT_THAT(trace(Fault::kAfter), ElementsAre("run a", "run b", "undo b", "undo a"));
  EXPECT_TRUE(runner.run().ok()) << "one run alone fails";
}

TEST(ChainRunner, tells_a_flow_to_end_on_purpose) {
  bool told = false;
  ChainRunner runner;
  runner.then("a", [&](FlowStep step) {
    told = step.cancelled();
    std::move(step).next();
  });
  EXPECT_EQ(runner.fail_at("a", Fault::kTimeout).run().error->code, "FLOW.1020");
  EXPECT_TRUE(told);
}

/// Keeps its steps until the test takes them.
class Kept {
 public:
  ChainRunner::Call call() {
    return [this](FlowStep step) { step_.set_value(std::move(step)); };
  }
  FlowStep take() { return step_.get_future().get(); }

 private:
  std::promise<FlowStep> step_;
};

TEST(ChainRunner, lets_a_steps_time_pass_when_the_test_says_so) {
  Kept kept;
  ChainRunner runner;
  runner.then("a", kept.call(), next, {.timeout = 10s, .grace = 5s});
  runner.start();
  FlowStep step = kept.take();
  runner.advance(9s);
  EXPECT_FALSE(step.cancelled());
  runner.advance(1s);
  EXPECT_TRUE(step.cancelled());
  runner.advance(5s);
  EXPECT_EQ(runner.wait().error->code, "FLOW.1005");
  EXPECT_THAT(runner.trace(), ElementsAre("run a", "undo a"));
  std::move(step).next();
  runner.wait_for("undo a", 2);
  EXPECT_THAT(runner.trace(), ElementsAre("run a", "undo a", "undo a"));
  EXPECT_THAT(runner.outcome().trace, SizeIs(2)) << "as it was when the run had ended";
}

TEST(ChainRunner, lets_the_waits_between_attempts_pass_by_itself) {
  int calls = 0;
  ChainRunner runner;
  runner.then("a",
              [&](FlowStep step) {
                if (++calls < 3) return fail(std::move(step));
                std::move(step).next();
              },
              next, {.retry = {.attempts = 3, .backoff = 1h}});
  EXPECT_TRUE(runner.run().ok());
  EXPECT_THAT(runner.trace(), ElementsAre("run a", "undo a", "run a", "undo a", "run a"));
}

TEST(ChainRunner, leaves_out_steps_whose_conditions_do_not_hold_and_undoes_no_such_step) {
  ChainRunner runner;
  runner.input(kImage, "base").then("a", next, next, {.when = {"image"}}).then("b", next, next, {.unless = {"image"}});
  EXPECT_THAT(runner.run().trace, ElementsAre("run a", "skip b"));
  EXPECT_THAT(runner.undo().trace, ElementsAre("undo a"));
}

TEST(ChainRunner, waits_for_what_a_run_does) {
  std::promise<FlowStep> waiting;
  ChainRunner runner;
  runner.then("a", next, next)
      .then(
          "b", [&](FlowStep step) { waiting.set_value(std::move(step)); }, next);
  runner.start();
  runner.wait_for("run b");
  EXPECT_THAT(runner.trace(), ElementsAre("run a", "run b"));
  runner.cancel();
  FlowStep step = waiting.get_future().get();
  EXPECT_TRUE(step.cancelled());
  std::move(step).next();
  const auto& ran = runner.wait();
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error->code, "FLOW.1004");
  EXPECT_THAT(ran.trace, ElementsAre("run a", "run b", "undo b", "undo a"));
}

/// A store whose transactions take every statement, and notes how they end.
class NotingStore final : public tenon::StoreHost {
 public:
  tenon::Result<void> transaction(const Work& work) override {
    Taking taking;
    tenon::Result<void> done = work(taking);
    ends.emplace_back(done.ok() ? "committed" : "rolled back");
    return done;
  }
  tenon::Result<void> read(const Work& work) override { return transaction(work); }
  std::vector<std::string> ends;

 private:
  class Taking final : public tenon::StoreTransaction {
    tenon::Result<std::uint64_t> do_execute(std::string_view /*sql*/,
                                            std::span<const tenon::StoreValue> /*parameters*/) override {
      return std::uint64_t{1};
    }
    tenon::Result<tenon::StoreRows> do_query(std::string_view /*sql*/,
                                             std::span<const tenon::StoreValue> /*parameters*/) override {
      return tenon::StoreRows();
    }
  };
};

class Insert final : public tenon::TransactionalFlow {
 public:
  void execute(tenon::FlowData& /*data*/, tenon::StoreTransaction& store) const override {
    (void)store.execute("INSERT").value();
  }
  void undo(tenon::FlowData& /*data*/, tenon::StoreTransaction& store) const override {
    (void)store.execute("DELETE").value();
  }
};

TEST(ChainRunnerStore, is_that_of_transactional_flows_and_of_the_tests_code) {
  NotingStore store;
  const Insert insert;
  ChainRunner runner;
  runner.store(store).then(insert);
  EXPECT_TRUE(runner.run().ok());
  EXPECT_TRUE(runner.undo().ok());
  EXPECT_TRUE(tenon::transaction([](tenon::StoreTransaction& own) { return own.execute("UPDATE"); }).ok());
  EXPECT_THAT(store.ends, ElementsAre("committed", "committed", "committed"));
}

TEST(ChainRunnerStore, is_not_there_if_none_is_given) {
  const Insert insert;
  ChainRunner runner;
  EXPECT_EQ(runner.then(insert).run().error->code, "FLOW.1032");
  EXPECT_EQ(tenon::read([](tenon::StoreTransaction&) {}).error().code, "STORE.1015");
}

}  // namespace
