#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "commands.h"
#include "debt_command.h"
#include "inspect_runs.h"

namespace tenon::cli {
namespace {

CLI::App* add_command(CLI::App& parent, const char* name, const char* what, std::function<void()> command) {
  CLI::App* added = parent.add_subcommand(name, what);
  added->callback(std::move(command));
  return added;
}

CLI::Option* add_id(CLI::App* command, Arguments& a) { return command->add_option("ID", a.name, "The run"); }

void add_start(CLI::App* command, Arguments& a) {
  command->add_option("--input", a.input, "The chain's inputs, as one JSON object; - for standard input")
      ->type_name("FILE");
  command->add_flag("--watch", a.watch, "Show the steps as they go");
}

void add_filter(CLI::App* command, Arguments& a) {
  const auto add = [&](const char* option, std::string& into, const char* type, const char* what) {
    command->add_option(option, into, what)->type_name(type);
  };
  add("--state", a.filter.state, "STATE,…", "running, undoing, paused, parked, succeeded, failed");
  add("--chain", a.filter.chain, "CHAIN", "Of this chain");
  add("--resource", a.filter.resource, "NAME", "That took this lock: vm:a, or host:* for all hosts");
  add("--error", a.filter.error, "CODE", "That failed with this code: KVM.1001, or KVM.*");
  add("--since", a.filter.since, "TIME", "Started since: 2024-05-01, 2024-05-01T12:30:00Z, 2h (two hours ago)");
  add("--until", a.filter.until, "TIME", "Started before");
}

void add_why(CLI::App* command, Arguments& a) {
  command->add_option("--why", a.verb.why, "Why, for the record")->type_name("TEXT");
}

void add_list(CLI::App& group, Arguments& a, const char* what) {
  CLI::App* list = group.add_subcommand("list", what);
  add_filter(list, a);
  list->add_option("--limit", a.filter.limit, "At most so many; 100 without it")->type_name("NUMBER");
  list->add_option("--before", a.filter.before, "Older ones than this run")->type_name("ID");
  CLI::Option* stuck =
      list->add_option("--stuck", a.stuck_s, "Those alone that have waited so long; 60 without a number");
  stuck->type_name("SECONDS")->expected(0, 1)->default_str("60")->check(CLI::NonNegativeNumber);
  list->callback([&a, stuck] {
    list_runs(a.client(), a.filter, stuck->count() > 0 ? std::optional<double>(a.stuck_s) : std::nullopt, a.json);
  });
}

void add_looks(CLI::App& group, Arguments& a) {
  add_id(add_command(group, "show", "Show one: its steps, error, debts and data",
                     [&a] { show_run(a.client(), a.name, a.json); }),
         a)
      ->required();
  add_id(add_command(group, "watch", "Show the steps of one as they go, to its end",
                     [&a] { follow_run(a.client(), a.name, Watch::kYes, a.json); }),
         a)
      ->required();
}

/// A verb for one run, or for all that a filter chooses.
CLI::App* add_verb(CLI::App& group, Arguments& a, const char* verb, const char* what) {
  CLI::App* command = add_command(group, verb, what, [&a, verb] {
    const bool many = a.filter.chooses();
    if (a.name.empty() && !many) throw CLI::RequiredError("ID or a filter");
    if (!a.name.empty() && many) throw CLI::ExcludesError("ID", "a filter");
    if (!many && a.verb.dry_run) throw CLI::RequiresError("--dry-run", "a filter");
    if (many) return act_on_runs(a.client(), verb, a.filter, a.verb, a.json);
    act_on_run(a.client(), verb, a.name, a.verb, a.json);
  });
  add_id(command, a);
  add_filter(command, a);
  add_why(command, a);
  command->add_flag("--dry-run", a.verb.dry_run, "With a filter: say what would be done");
  return command;
}

void add_step(CLI::App* command, Arguments& a) {
  command->add_option("--step", a.verb.step, "The step, as 'run show' numbers it")
      ->type_name("NUMBER")
      ->required()
      ->check(CLI::Range(1U, 1'000'000U));
}

void add_verbs(CLI::App& run, Arguments& a) {
  add_verb(run, a, "cancel", "End runs: what they did is undone");
  add_id(add_command(run, "preview-cancel", "Say what a cancel would undo, in order",
                     [&a] { preview_cancel(a.client(), a.name, a.json); }),
         a)
      ->required();
  add_verb(run, a, "pause", "Stop runs before their next step, or undo");
  add_verb(run, a, "resume", "Let runs go on that are paused");
  add_verb(run, a, "retry", "Let runs go on that are parked, or wait for their next attempt");
  add_step(add_verb(run, a, "skip-step", "Leave out the next step, or undo, of a paused run"), a);
  CLI::App* done = add_verb(run, a, "mark-done", "Take the next step of a paused run for done");
  add_step(done, a);
  done->add_option("--data", a.verb.data, "What the step would have written, as one JSON object; - for standard input")
      ->type_name("FILE");
}

/// `tenon run CHAIN`, and what is done to runs. A chain that is called as a verb is started by `run start`.
void add_run(CLI::App& app, Arguments& a) {
  CLI::App* run = app.add_subcommand("run", "Run a chain and wait for its end; list runs, show them, act on them");
  run->require_subcommand(0, 1);
  CLI::Option* chain = run->add_option("CHAIN", a.name, "The chain");
  add_start(run, a);
  run->callback([&a, run, chain] {
    // What a verb does not know falls through to here.
    if (!run->get_subcommands().empty()) {
      if (chain->count() > 0) throw CLI::ExtrasError({a.name});
      return;
    }
    if (chain->count() == 0) throw CLI::RequiredError("CHAIN");
    start_run(a.client(), a.name, a.input, a.watching(), a.json);
  });
  CLI::App* start = add_command(*run, "start", "Run a chain and wait for its end, whatever its name is",
                                [&a] { start_run(a.client(), a.name, a.input, a.watching(), a.json); });
  start->add_option("CHAIN", a.name, "The chain")->required();
  add_start(start, a);
  add_list(*run, a, "List them, the newest first, with what they wait for");
  add_looks(*run, a);
  add_verbs(*run, a);
}

void add_runs(CLI::App& app, Arguments& a) {
  CLI::App* runs = app.add_subcommand("runs", "The same as run list, show, watch and cancel");
  runs->require_subcommand(1);
  add_list(*runs, a, "List them, the newest first, with what they wait for");
  add_looks(*runs, a);
  add_id(add_command(*runs, "cancel", "Ask one to end: what it did is undone",
                     [&a] { cancel_run(a.client(), a.name, a.json); }),
         a)
      ->required();
}

void add_debts(CLI::App& app, Arguments& a) {
  CLI::App* debt = app.add_subcommand("debt", "Undos that failed, and are tried until they succeed");
  debt->require_subcommand(1);
  CLI::App* list = add_command(*debt, "list", "List those that are not paid", [&a] {
    list_debts(a.client(), {a.filter.state, a.name, a.output, a.filter.chain, a.filter.limit, a.after}, a.json);
  });
  const auto add = [&](const char* option, std::string& into, const char* type, const char* what) {
    list->add_option(option, into, what)->type_name(type);
  };
  add("--state", a.filter.state, "STATE,…", "open, awaited, taken, paid, settled; the first three without it");
  add("--run", a.name, "ID", "Of this run");
  add("--plugin", a.output, "PLUGIN", "Whose flow is of this plugin");
  add("--chain", a.filter.chain, "CHAIN", "Of runs of this chain");
  add("--limit", a.filter.limit, "NUMBER", "At most so many; 100 without it");
  add("--after", a.after, "KEY", "Those after this one");
  const auto add_key = [&](CLI::App* command) {
    command->add_option("KEY", a.name, "The debt: RUN:STEP")->required();
    return command;
  };
  add_key(add_command(*debt, "show", "Show one", [&a] { show_debt(a.client(), a.name, a.json); }));
  add_why(add_key(add_command(*debt, "retry", "Try one now, whatever its time",
                              [&a] { retry_debt(a.client(), a.name, a.verb.why, a.json); })),
          a);
  add_key(add_command(*debt, "settle", "Say that nothing of one is left, for the record",
                      [&a] { settle_debt(a.client(), a.name, a.verb.why, a.json); }))
      ->add_option("--reason", a.verb.why, "Why")
      ->type_name("TEXT")
      ->required();
}

}  // namespace

void add_run_commands(CLI::App& app, Arguments& arguments) {
  add_run(app, arguments);
  add_runs(app, arguments);
  add_debts(app, arguments);
}

}  // namespace tenon::cli
