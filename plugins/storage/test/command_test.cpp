#include <tenon/storage/command.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using storage::run_command;
using testing::HasSubstr;

constexpr auto kLong = 60s;

TEST(RunCommand, gives_what_the_program_wrote) { EXPECT_EQ(run_command({"echo", "a", "b"}, kLong).value(), "a b\n"); }

TEST(RunCommand, passes_arguments_as_they_are) {
  EXPECT_EQ(run_command({"printf", "%s|", "two words", "$HOME", "`id`", "'\"", ""}, kLong).value(),
            "two words|$HOME|`id`|'\"||");
}

TEST(RunCommand, gives_the_program_an_empty_stdin) { EXPECT_EQ(run_command({"cat"}, kLong).value(), ""); }

TEST(RunCommand, speaks_english_whatever_the_locale) {
  ::setenv("LC_ALL", "de_DE.UTF-8", 1);
  EXPECT_THAT(run_command({"env"}, kLong).value(), HasSubstr("LC_ALL=C\n"));
  ::unsetenv("LC_ALL");
}

TEST(RunCommand, hands_on_no_blocked_signals) {
  sigset_t term;
  sigset_t old;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, &old);
  auto run = run_command({"sh", "-c", "kill -TERM $$; echo still here"}, kLong);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ASSERT_FALSE(run.ok());
  EXPECT_THAT(run.error().details, HasSubstr("ended by signal 15"));
}

TEST(RunCommand, says_which_program_is_missing) {
  auto run = run_command({"no-such-program-anywhere"}, kLong);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().to_string(),
            "STORAGE.1101: a program can't be started: no-such-program-anywhere: No such file or directory");
}

TEST(RunCommand, says_how_a_program_failed_and_what_it_complained_of) {
  auto run = run_command({"sh", "-c", "echo so; echo first >&2; echo second >&2; exit 3"}, kLong);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().to_string(), "STORAGE.1102: a program failed: sh ended with code 3: first second");
  EXPECT_EQ(run.error().elaboration.at("command"), "sh -c echo so; echo first >&2; echo second >&2; exit 3");
}

TEST(RunCommand, reads_more_than_a_pipe_holds_and_keeps_the_beginning) {
  const std::string text = run_command({"sh", "-c", "echo begin; yes | head -c 1000000"}, kLong).value();
  EXPECT_EQ(text.size(), 64 * 1024u);
  EXPECT_TRUE(text.starts_with("begin\n"));
}

TEST(RunCommand, kills_a_program_that_takes_too_long_and_what_that_has_started) {
  const std::string file = testing::TempDir() + "tenon-command-" + std::to_string(::getpid());
  auto run = run_command({"sh", "-c", "sleep 1000 & echo $! > '" + file + "'; wait"}, 500ms);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().to_string(), "STORAGE.1103: a program took too long and was killed: sh after 500 ms");
  const std::string grandchild = run_command({"cat", file}, kLong).value();
  // Its new parent may take a moment to reap it; a zombie has no command line.
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  auto is_alive = [&] {
    return run_command({"grep", "-qa", "sleep", "/proc/" + std::to_string(std::stol(grandchild)) + "/cmdline"}, kLong)
        .ok();
  };
  while (is_alive() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(is_alive());
  ::unlink(file.c_str());
}

TEST(RunCommand, does_not_wait_for_what_a_program_leaves_behind) {
  const std::string said = run_command({"sh", "-c", "sleep 1000 & echo $!"}, kLong).value();
  EXPECT_EQ(::kill(static_cast<pid_t>(std::stol(said)), SIGKILL), 0);
}

}  // namespace
