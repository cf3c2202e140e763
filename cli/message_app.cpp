#include "message_app.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

#include "answer_view.h"
#include "api_client.h"
#include "failure.h"
#include "format.h"
#include "given_words.h"
#include "input.h"
#include "json_access.h"
#include "message_commands.h"
#include "message_help.h"
#include "run_command.h"

namespace tenon::cli {
namespace {

/// Who presses the tabulator key, or asks for help, does not wait for a node that hangs.
constexpr std::chrono::milliseconds kGlance{1000};
/// The node itself gives up in time: this is for its answer to come.
constexpr std::chrono::milliseconds kSlack{10'000};
constexpr std::chrono::milliseconds kLongest{std::chrono::hours(24)};

std::vector<MessageCommand> ask_commands(const std::string& socket, std::chrono::milliseconds patience) {
  return read_commands(ApiClient(socket, patience).get("/openapi.json"));
}

std::chrono::milliseconds patience_for(const MessageCommand& command) {
  if (command.timeout.count() > 0) return std::max(ApiClient::kPatience, command.timeout + kSlack);
  return command.run.empty() ? kLongest : ApiClient::kPatience;
}

/// Null if there is none.
const CLI::App* subcommand(const CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

/// The commands of the app as they are typed: `status`, `plugin list`.
std::vector<std::string> names_of(const CLI::App& app) {
  const auto all = [](const CLI::App*) { return true; };
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(all)) {
    const auto verbs = command->get_subcommands(all);
    if (verbs.empty()) names.push_back(command->get_name());
    for (const CLI::App* verb : verbs) names.push_back(command->get_name() + " " + verb->get_name());
  }
  return names;
}

/// One command of a message, parsed and sent.
class MessageApp {
 public:
  MessageApp(const MessageCommand& command, Arguments& arguments)
      : command_(command), arguments_(arguments), app_(command.summary, "tenon " + command.name()) {
    app_.set_help_flag();  // the fields come first
    for (const MessageField& field : command.fields) add(field);
    const auto common = [](CLI::Option* option) { return option->group("Options"); };
    common(app_.add_option("--input", arguments_.input,
                           "The whole message, as one JSON object; - for standard input; other options override it"))
        ->type_name("FILE");
    if (command.may_run()) {
      CLI::Option* watch = common(app_.add_flag("--watch", arguments_.watch, "Show the steps of the run that answers"));
      common(app_.add_flag("--no-wait", no_wait_, "Print the id of the run that answers, without waiting for its end"))
          ->excludes(watch);
    }
    common(app_.add_flag("--json", arguments_.json, "Print what the node answers, as JSON"));
    common(app_.add_option("--socket", arguments_.socket, "The node's socket"))->type_name("PATH");
    common(app_.set_help_flag("-h,--help", "Print this help message and exit"));
  }

  /// `rest`: the arguments without the words of the command.
  int run(std::vector<std::string> rest) {
    try {
      std::reverse(rest.begin(), rest.end());
      app_.parse(std::move(rest));
      send(make_request(command_, message()));
      return static_cast<int>(ExitStatus::kOk);
    } catch (const CLI::ParseError& e) {
      return app_.exit(e) == 0 ? 0 : static_cast<int>(ExitStatus::kUsage);
    }
  }

 private:
  void add(const MessageField& field) {
    std::string text = field.description;
    const auto append = [&](const std::string& more) {
      if (!more.empty()) text.append(text.empty() ? "" : "; ").append(more);
    };
    append(rules_text(field.schema));
    CLI::Option* option = nullptr;
    if (is_flag(field.schema)) {
      if (field.required) append("required");
      option = app_.add_flag(flag_names(field), std::as_const(text));
    } else {
      // What stands in the path may be given as a word, too. The texts are taken as they are: see message().
      const std::string names = (field.in == MessageField::In::kPath ? field.name + "," : "") + field.option;
      option = app_.add_option(
          names, [](const CLI::results_t&) { return true; }, text);
      option->type_name(type_text(field.schema) + (field.required ? " REQUIRED" : ""))
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    option->group("Fields");
    options_.emplace_back(&field, option);
  }

  /// `--loud,!--no-loud`, unless the second one means something else.
  [[nodiscard]] std::string flag_names(const MessageField& field) const {
    const std::string no = "--no" + field.option.substr(1);
    const bool taken =
        option_of(no.substr(2)) != no || std::any_of(command_.fields.begin(), command_.fields.end(),
                                                     [&](const MessageField& other) { return other.option == no; });
    return field.option + (taken ? "" : ",!" + no);
  }

  [[nodiscard]] Json message() const {
    Json message = arguments_.input.empty() ? Json::object() : read_object(arguments_.input, "the message's fields");
    for (const auto& [field, option] : options_) {
      if (option->count() == 0) continue;
      set_member(message, field->name,
                 is_flag(field->schema) ? Json(option->as<bool>()) : value_of(*field, option->results()));
    }
    return message;
  }

  void send(const MessageRequest& request) const {
    const ApiClient client(arguments_.socket, patience_for(command_));
    const Json* body = request.body ? &*request.body : nullptr;
    try {
      if (no_wait_) return show(client.send(request.method, request.target, body));
      const std::optional<Answer> answer =
          follow(client, request.method, request.target, body, arguments_.watching(), arguments_.json);
      if (answer) show(*answer);
    } catch (const Failure& e) {
      throw Failure(e.status(), with_options(e.what(), command_.fields));
    }
  }

  void show(const Answer& answer) const {
    constexpr unsigned kAccepted = 202;
    if (arguments_.json) {
      if (!answer.body.is_null()) print_answer(answer.body);
    } else if (no_wait_ && answer.status == kAccepted && !text_of(answer.body, "id").empty()) {
      std::cout << text_of(answer.body, "id") << '\n';
    } else if (answer.body.is_null()) {
      std::cout << "done\n";
    } else {
      std::cout << answer_text(answer.body, Terminal::of_stdout());
    }
  }

  const MessageCommand& command_;
  Arguments& arguments_;
  CLI::App app_;
  bool no_wait_ = false;
  std::vector<std::pair<const MessageField*, CLI::Option*>> options_;
};

/// `tenon l2-network`: shows what there is if help is asked for.
int run_noun(const std::string& noun, const std::vector<MessageCommand>& commands, bool help) {
  if (help) {
    std::cout << "Commands of " << noun << ", each with --help:\n" << commands_text(commands);
    return static_cast<int>(ExitStatus::kOk);
  }
  std::string known;
  for (const MessageCommand& command : commands) known.append(known.empty() ? "" : ", ").append(command.name());
  throw Failure(ExitStatus::kUsage, "'" + noun + "' alone is no command; there are: " + known);
}

}  // namespace

void complete_words(const Arguments& arguments, const std::vector<std::string>& words) {
  const std::string given = read_words(words).socket;
  try {
    const auto commands = ask_commands(given.empty() ? arguments.socket : given, kGlance);
    for (const std::string& word : completions(commands, words)) std::cout << word << '\n';
  } catch (const Failure&) {
    // The shell has nothing to complete then, and nobody reads an error.
  }
}

std::string message_commands_help(const std::string& socket) {
  try {
    const std::vector<MessageCommand> commands = ask_commands(socket, kGlance);
    if (commands.empty()) return "The node has no commands of messages.\n";
    return "Commands of the node's messages:\n" + commands_text(commands);
  } catch (const Failure& e) {
    return std::string("The commands of a node's messages are not listed: ") + e.what() + "\n";
  }
}

bool is_built_in(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return true;
  const CLI::App* group = subcommand(app, words.front());
  if (group == nullptr) return false;
  // One with words of its own may have messages beside them; `run` takes any word.
  if (group->get_require_subcommand_min() == 0 || words.size() < 2) return true;
  return subcommand(*group, words[1]) != nullptr;
}

std::optional<int> run_message_command(const CLI::App& app, Arguments& arguments,
                                       const std::vector<std::string>& given) {
  const GivenWords words = read_words(given);
  std::vector<MessageCommand> commands;
  try {
    commands = ask_commands(arguments.socket, ApiClient::kPatience);
  } catch (const Failure& e) {
    if (subcommand(app, words.words.front()) != nullptr) return std::nullopt;
    throw Failure(e.status(), e.what() + ("\n  without it, " + unknown_command(words.words, {}, names_of(app))));
  }
  const MessageCommand* command = find_command(commands, words.words);
  if (command == nullptr) {
    const std::vector<MessageCommand> of_noun = commands_of(commands, words.words.front());
    if (words.words.size() == 1 && !of_noun.empty()) return run_noun(words.words.front(), of_noun, words.help);
    throw Failure(ExitStatus::kUsage, unknown_command(words.words, commands, names_of(app)));
  }
  std::vector<std::string> rest;
  const auto end = words.places.begin() + static_cast<std::ptrdiff_t>(command->words.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (std::find(words.places.begin(), end, i) == end) rest.push_back(given[i]);
  }
  return MessageApp(*command, arguments).run(std::move(rest));
}

}  // namespace tenon::cli
