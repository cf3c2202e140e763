#include "flow/code_chains.h"

#include <tenon/chain.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include "support/flows.h"
#include "support/node.h"

namespace {

using namespace std::chrono_literals;
using tenon::ChainData;
using tenon::ChainResult;
using tenon::ErrorCode;
using tenon::FlowData;
using tenon::FlowKey;
using tenon::FlowStep;
using tenon::Json;
using tenon::make_error;
using tenon::new_chain_run;
using tenon::new_share_flow_chain;
using tenon::new_simple_flow_chain;
using tenon::Value;
using tenon::test::ChainMaker;
using tenon::test::LambdaFlow;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr FlowKey<std::string> kImage{"image"};
constexpr FlowKey<std::int64_t> kSize{"size"};

class CodeChains : public testing::Test {
 protected:
  void SetUp() override {
    chains_.open(*engine_, [this](std::string_view name) { return name == "published" ? published_ : nullptr; });
    node_.set_chains(&chains_);
  }
  void TearDown() override {
    chains_.close();
    EXPECT_TRUE(engine_->wait_idle(10s));
  }

  tenon::test::Node node_;
  tenon::test::Trace trace_;
  tenon::flow::CodeChains chains_;
  std::shared_ptr<const tenon::flow::Chain> published_ =
      ChainMaker("published").input("image").then("a", trace_.next("published a")).make();
  std::unique_ptr<tenon::flow::Engine> engine_ = std::make_unique<tenon::flow::Engine>();
};

TEST_F(CodeChains, run_their_steps_and_tell_done_then_finally) {
  auto run = new_simple_flow_chain("c")
                 .then("a", trace_.next("run a"), trace_.next("undo a"))
                 .then("b", std::make_shared<LambdaFlow>(trace_.next("run b"), trace_.next("undo b")))
                 .done([&](const ChainData&) { trace_.add("done"); })
                 .error([&](const ErrorCode&, const ChainData&) { trace_.add("error"); })
                 .finally([&] { trace_.add("finally"); })
                 .start();
  EXPECT_GT(run.value(), 0U);
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "done", "finally"));
}

TEST_F(CodeChains, are_undone_when_a_step_fails_and_tell_error_then_finally) {
  auto run = new_simple_flow_chain("c")
                 .then("a", trace_.next("run a"), trace_.next("undo a"))
                 .then("b", trace_.fail("run b"), trace_.next("undo b"))
                 .done([&](const ChainData&) { trace_.add("done"); })
                 .error([&](const ErrorCode& error, const ChainData&) { trace_.add("error " + error.code); })
                 .finally([&] { trace_.add("finally"); })
                 .start();
  EXPECT_TRUE(run.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "undo a", "error TEST.1", "finally"));
}

TEST_F(CodeChains, call_finally_also_after_a_handler_that_throws_and_log_what_it_threw) {
  EXPECT_TRUE(new_simple_flow_chain("c")
                  .then("a", trace_.next("run a"))
                  .done([](const ChainData&) { throw std::runtime_error("out of luck"); })
                  .error([&](const ErrorCode&, const ChainData&) { trace_.add("error"); })
                  .finally([&] {
                    trace_.add("finally");
                    throw 1;
                  })
                  .start()
                  .ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "finally"));
  EXPECT_THAT(node_.lines(),
              ElementsAre("a handler of a chain's end threw chain=c handler=done error=out of luck",
                          "a handler of a chain's end threw chain=c handler=finally error=not a std::exception"));
}

TEST_F(CodeChains, give_done_what_was_written_and_error_the_inputs_alone) {
  const auto enlarge = [](FlowStep step) {
    step.set(kSize, step.get(kSize) * 2);
    std::move(step).next();
  };
  std::int64_t size = 0;
  std::string image;
  EXPECT_TRUE(new_simple_flow_chain("c")
                  .input(kImage, "base")
                  .input(kSize, 21)
                  .then("enlarge", enlarge)
                  .done([&](const ChainData& data) {
                    size = data.get(kSize);
                    image = data.get(kImage);
                  })
                  .start()
                  .ok());
  EXPECT_EQ(size, 42);
  EXPECT_EQ(image, "base");
  EXPECT_TRUE(new_simple_flow_chain("c")
                  .input(kSize, 21)
                  .then("enlarge", enlarge)
                  .then("fail", trace_.fail("fail"))
                  .error([&](const ErrorCode&, const ChainData& data) {
                    size = data.get(kSize);
                    EXPECT_EQ(data.find(kImage), nullptr);
                    EXPECT_THROW((void)data.get(kImage), tenon::Error);
                  })
                  .start()
                  .ok());
  EXPECT_EQ(size, 21);
}

TEST_F(CodeChains, without_steps_are_an_error_unless_they_may_be_empty) {
  auto refused = new_simple_flow_chain("c").finally([&] { trace_.add("finally"); }).start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().to_string(), "FLOW.1022: a chain without steps: chain 'c'");
  EXPECT_THAT(trace_.lines(), IsEmpty());
  EXPECT_TRUE(new_simple_flow_chain("c")
                  .allow_empty()
                  .done([&](const ChainData&) { trace_.add("done"); })
                  .finally([&] { trace_.add("finally"); })
                  .start()
                  .ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("done", "finally"));
}

TEST_F(CodeChains, can_be_started_once) {
  auto chain = new_simple_flow_chain("c").then("a", trace_.next("run a"));
  auto same = chain;
  ASSERT_TRUE(chain.start().ok());
  auto again = same.start();
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().to_string(), "FLOW.1025: a chain can be started once: chain 'c'");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a"));
}

TEST_F(CodeChains, say_what_is_wrong_with_them_when_they_are_started) {
  const auto flaw = [](auto& chain) { return chain.start().error().to_string(); };
  EXPECT_EQ(flaw(new_simple_flow_chain("c").with({}).then("a", trace_.next("a"))),
            "FLOW.1024: a chain is put together wrongly: chain 'c': options of a step are given before the first step");
  EXPECT_THAT(flaw(new_simple_flow_chain("c").then("a", tenon::SimpleFlowChain::Call())),
              HasSubstr("step 'a' has no function to run"));
  EXPECT_THAT(flaw(new_simple_flow_chain("c").then("a", std::shared_ptr<const tenon::Flow>())),
              HasSubstr("step 'a' has no flow"));
  EXPECT_THAT(flaw(new_simple_flow_chain("c").then("a", trace_.next("a")).input(kSize, 1).input(kSize, 2)),
              HasSubstr("input 'size' is given twice"));
  EXPECT_THAT(flaw(new_simple_flow_chain("c").then("a", trace_.next("a")).finally([] {}).finally([] {})),
              HasSubstr("there are two handlers 'finally'"));
  EXPECT_THAT(flaw(new_simple_flow_chain("c").then("a", trace_.next("a")).lock("{size")), HasSubstr("FLOW.1021"));
  EXPECT_THAT(flaw(new_simple_flow_chain("c").then("a", trace_.next("a")).with({.concurrency = "{"})),
              HasSubstr("FLOW.1021"));
  EXPECT_THAT(trace_.lines(), IsEmpty());
}

TEST_F(CodeChains, are_not_started_where_no_engine_is) {
  node_.set_chains(nullptr);
  auto chain = new_simple_flow_chain("c").then("a", trace_.next("run a"));
  EXPECT_EQ(chain.start().error().to_string(), "FLOW.1026: the node runs no chains now: chain 'c'");
  node_.set_chains(&chains_);
  EXPECT_TRUE(chain.start().ok()) << "nothing had been begun";
  chains_.close();
  EXPECT_EQ(new_simple_flow_chain("d").then("a", trace_.next("run a")).start().error().code, "FLOW.1026");
  EXPECT_EQ(chains_.start_named("published", {}, {}).error().code, "FLOW.1026");
  EXPECT_FALSE(chains_.cancel(1));
}

TEST_F(CodeChains, close_once_no_caller_is_in_the_engine_any_more) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::thread caller([&] {
    EXPECT_TRUE(new_simple_flow_chain("c")
                    .then("a",
                          [&](FlowStep step) {
                            entered.set_value();
                            go_on.get_future().wait();
                            trace_.add("a");
                            std::move(step).next();
                          })
                    .start()
                    .ok());
  });
  entered.get_future().wait();
  std::thread closer([&] {
    chains_.close();
    trace_.add("closed");
  });
  go_on.set_value();
  closer.join();
  caller.join();
  EXPECT_THAT(trace_.lines(), ElementsAre("a", "closed"));
}

TEST_F(CodeChains, keep_the_library_of_their_functions_until_the_run_has_ended) {
  tenon::LibraryContext library;
  library.name = "sample";
  tenon::detail::this_library = &library;
  std::promise<FlowStep> waiting;
  EXPECT_TRUE(new_simple_flow_chain("c")
                  .then("a", [&](FlowStep step) { waiting.set_value(std::move(step)); })
                  .finally([&] { trace_.add("finally with pins: " + std::to_string(library.pins > 0)); })
                  .start()
                  .ok());
  tenon::detail::this_library = nullptr;
  EXPECT_GT(library.pins, 0);
  std::move(waiting.get_future().get()).next();
  EXPECT_TRUE(engine_->wait_idle(10s));
  engine_ = std::make_unique<tenon::flow::Engine>();  // its threads have left the run
  EXPECT_EQ(library.pins, 0);
  EXPECT_THAT(trace_.lines(), ElementsAre("finally with pins: 1"));
}

TEST_F(CodeChains, are_undone_when_they_are_cancelled) {
  std::promise<FlowStep> waiting;
  std::promise<ErrorCode> ended;
  const std::uint64_t run =
      new_simple_flow_chain("c")
          .then(
              "a", [&](FlowStep step) { waiting.set_value(std::move(step)); }, trace_.next("undo a"))
          .error([&](const ErrorCode& error, const ChainData&) { ended.set_value(error); })
          .start()
          .value();
  EXPECT_TRUE(chains_.cancel(run));
  std::move(waiting.get_future().get()).next();
  EXPECT_EQ(ended.get_future().get().code, "FLOW.1004");
  EXPECT_THAT(trace_.lines(), ElementsAre("undo a"));
}

TEST_F(CodeChains, name_the_line_at_which_the_failed_step_was_added) {
  ErrorCode failure;
  // clang-format off
  const auto line = __LINE__ + 1;
  auto chain = new_simple_flow_chain("c").then("a", trace_.fail("a"));
  // clang-format on
  EXPECT_TRUE(chain.error([&](const ErrorCode& error, const ChainData&) { failure = error; }).start().ok());
  EXPECT_THAT(failure.elaboration["place"], EndsWith("code_chains_test.cpp:" + std::to_string(line)));
}

TEST_F(CodeChains, ask_the_pre_check_before_each_step_and_do_not_undo_the_step_it_refuses) {
  const auto run = [&](auto check) {
    ErrorCode failure;
    EXPECT_TRUE(new_simple_flow_chain("c")
                    .pre_check(check)
                    .input(kSize, 1)
                    .then("a", trace_.next("run a"), trace_.next("undo a"))
                    .then("b", trace_.next("run b"), trace_.next("undo b"))
                    .error([&](const ErrorCode& error, const ChainData&) { failure = error; })
                    .start()
                    .ok());
    return failure.code;
  };
  int asked = 0;
  EXPECT_EQ(run([&](const FlowData& data) -> std::optional<ErrorCode> {
              EXPECT_EQ(data.get(kSize), 1);
              if (++asked == 2) return make_error("TEST.2", "not now");
              return std::nullopt;
            }),
            "TEST.2");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a"));
  EXPECT_EQ(run([](const FlowData&) -> std::optional<ErrorCode> { throw std::runtime_error("out of luck"); }),
            "FLOW.1001");
}

TEST_F(CodeChains, run_a_step_as_its_options_say) {
  int calls = 0;
  EXPECT_TRUE(new_simple_flow_chain("c")
                  .input(kSize, 1)
                  .then("a",
                        [&](FlowStep step) {
                          if (++calls < 3) return std::move(step).fail(make_error("TEST.1", ""));
                          std::move(step).next();
                        })
                  .with({.retry = {.attempts = 3}, .concurrency = "size:{size}"})
                  .then("b", trace_.next("run b"))
                  .with({.unless = {"size"}})
                  .done([&](const ChainData&) { trace_.add("done"); })
                  .start()
                  .ok());
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(trace_.lines(), ElementsAre("done"));
}

TEST_F(CodeChains, wait_for_their_locks) {
  std::promise<FlowStep> first;
  const auto chain = [&](auto flow) {
    return new_simple_flow_chain("c").lock("size:{size}").input(kSize, 1).then("a", flow).start();
  };
  EXPECT_TRUE(chain([&](FlowStep step) { first.set_value(std::move(step)); }).ok());
  std::promise<void> ran;
  EXPECT_TRUE(chain([&](FlowStep step) {
                trace_.add("second");
                std::move(step).next();
                ran.set_value();
              }).ok());
  trace_.add("first answers");
  std::move(first.get_future().get()).next();
  ran.get_future().get();
  EXPECT_THAT(trace_.lines(), ElementsAre("first answers", "second"));
}

TEST_F(CodeChains, start_those_of_descriptors_by_name_and_by_what_the_node_gave) {
  ChainResult ended;
  const auto keep = [&](ChainResult result) { ended = std::move(result); };
  const std::uint64_t run = chains_.start_named("published", {{"image", Value::of(Json("base"))}}, {keep}).value();
  EXPECT_EQ(ended.run, run);
  EXPECT_FALSE(ended.error);
  EXPECT_EQ(ended.data.get(kImage), "base") << "read from its JSON";
  ended = {};
  ASSERT_TRUE(chains_.start_published(&published_, {{"image", Value::of<std::string>("other")}}, {keep}).ok());
  EXPECT_EQ(ended.data.get(kImage), "other");
  EXPECT_THAT(trace_.lines(), ElementsAre("published a", "published a"));
  EXPECT_EQ(chains_.start_named("publisht", {}, {keep}).error().to_string(), "FLOW.1014: no such chain: 'publisht'");
  EXPECT_EQ(chains_.start_named("published", {}, {keep}).error().code, "FLOW.1012");
}

TEST_F(CodeChains, tell_the_runs_of_those_of_descriptors_to_handlers_too) {
  const auto note = [&](auto run) {
    return run.done([&](const ChainData& data) { trace_.add("done " + data.get(kImage)); })
        .error([&](const ErrorCode& error, const ChainData&) { trace_.add("error " + error.code); })
        .finally([&] { trace_.add("finally"); })
        .start();
  };
  EXPECT_TRUE(note(new_chain_run("published").input(kImage, "base")).ok());
  tenon::ChainSlot slot;
  slot.chain = &published_;
  tenon::FlowChain listed;
  EXPECT_EQ(note(new_chain_run(listed)).error().code, "FLOW.1022");
  listed.bind(&slot, {"a"});
  EXPECT_TRUE(note(new_chain_run(listed).input(kImage, "other")).ok());
  EXPECT_THAT(trace_.lines(),
              ElementsAre("published a", "done base", "finally", "published a", "done other", "finally"));
  EXPECT_EQ(note(new_chain_run("publisht")).error().code, "FLOW.1014");
  EXPECT_EQ(chains_.start_published(nullptr, {}, {}).error().code, "FLOW.1014");
}

struct Fetch {
  std::string url;
  int parts = 0;
};

TEST_F(CodeChains, let_functions_share_one_object) {
  auto chain = new_share_flow_chain("c", Fetch{"/base", 0});
  EXPECT_TRUE(chain
                  .then("download",
                        [](FlowStep step, Fetch& fetch) {
                          fetch.parts += 2;
                          std::move(step).next();
                        })
                  .then("convert",
                        [](FlowStep step, Fetch& fetch) {
                          fetch.parts *= 10;
                          std::move(step).next();
                        })
                  .then("plain", std::make_shared<LambdaFlow>(trace_.next("plain"), trace_.next("undo plain")))
                  .done([&](Fetch& fetch) { trace_.add(fetch.url + " " + std::to_string(fetch.parts)); })
                  .finally([&](Fetch&) { trace_.add("finally"); })
                  .start()
                  .ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("plain", "/base 20", "finally"));
}

TEST_F(CodeChains, give_the_shared_object_to_undo_and_error_too) {
  auto chain = new_share_flow_chain("c", Fetch{});
  EXPECT_TRUE(chain
                  .then(
                      "download",
                      [](FlowStep step, Fetch& fetch) {
                        ++fetch.parts;
                        std::move(step).next();
                      },
                      [](FlowStep step, Fetch& fetch) {
                        --fetch.parts;
                        std::move(step).next();
                      })
                  .then("fail", [](FlowStep step, Fetch&) { std::move(step).fail(make_error("TEST.1", "")); })
                  .error([&](const ErrorCode& error, Fetch& fetch) {
                    trace_.add(error.code + " " + std::to_string(fetch.parts));
                  })
                  .start()
                  .ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("TEST.1 0"));
}

}  // namespace
