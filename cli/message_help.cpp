#include "message_help.h"

#include <algorithm>
#include <iterator>

#include "given_words.h"
#include "nearest.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.append(i == 0 ? "" : " ").append(words[i]);
  return text;
}

/// What takes no value.
bool stands_alone(const MessageCommand& command, const std::string& option) {
  for (const MessageField& field : command.fields) {
    if (field.option == option) return is_flag(field.schema);
  }
  return option != "--input" && option != "--socket";
}

std::vector<std::string> options_of(const MessageCommand& command, const std::vector<std::string>& given) {
  std::vector<std::string> options;
  const auto add = [&](const std::string& option, bool again) {
    if (again || std::find(given.begin(), given.end(), option) == given.end()) options.push_back(option);
  };
  for (const MessageField& field : command.fields) add(field.option, is_list(field.schema));
  for (const char* option : {"--input", "--json", "--socket", "--help"}) add(option, false);
  if (!command.may_run()) return options;
  for (const char* option : {"--watch", "--no-wait"}) add(option, false);
  return options;
}

std::vector<std::string> values_of(const MessageCommand& command, const std::string& option) {
  for (const MessageField& field : command.fields) {
    if (field.option != option) continue;
    const Json* items = field.schema.find("items");
    return choices_of(is_list(field.schema) && items != nullptr ? *items : field.schema);
  }
  return {};
}

}  // namespace

std::string commands_text(const std::vector<MessageCommand>& commands) {
  std::size_t width = 0;
  for (const MessageCommand& command : commands) width = std::max(width, display_width(command.name()));
  std::string text;
  for (const MessageCommand& command : commands) {
    const std::string name = command.name();
    text += "  " + harmless(name) + std::string(width + 2 - display_width(name), ' ') + harmless(command.summary);
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

std::vector<MessageCommand> commands_of(const std::vector<MessageCommand>& commands, const std::string& noun) {
  std::vector<MessageCommand> found;
  std::copy_if(commands.begin(), commands.end(), std::back_inserter(found),
               [&](const MessageCommand& command) { return command.words.front() == noun; });
  return found;
}

std::string unknown_command(const std::vector<std::string>& words, const std::vector<MessageCommand>& commands,
                            const std::vector<std::string>& others) {
  std::vector<std::string> names = others;
  for (const MessageCommand& command : commands) names.push_back(command.name());
  // Whatever stands after two words is rather what the command is about.
  for (std::size_t count = std::min<std::size_t>(words.size(), 2); count > 0; --count) {
    const std::string near = nearest(joined(words, count), names);
    if (!near.empty()) return "there is no command '" + joined(words, count) + "' (did you mean '" + near + "'?)";
  }
  std::vector<std::string> nouns;
  for (const std::string& name : names) nouns.push_back(name.substr(0, name.find(' ')));
  const std::vector<MessageCommand> of_noun = commands_of(commands, words.front());
  std::string text =
      "there is no command '" + joined(words, of_noun.empty() ? 1 : std::min<std::size_t>(words.size(), 2));
  if (of_noun.empty()) {
    const std::string near = nearest(words.front(), nouns);
    return text + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)");
  }
  std::string known;
  for (const MessageCommand& command : of_noun) known.append(known.empty() ? "" : ", ").append(command.name());
  return text + "'; there are: " + known;
}

std::vector<std::string> completions(const std::vector<MessageCommand>& commands,
                                     const std::vector<std::string>& arguments) {
  const GivenWords given = read_words(arguments);
  if (!arguments.empty() && arguments.back() == "--socket") return {};
  if (const MessageCommand* command = find_command(commands, given.words)) {
    const std::string& last = arguments.back();
    if (last.starts_with("--") && last.find('=') == std::string::npos && !stands_alone(*command, last)) {
      return values_of(*command, last);
    }
    return options_of(*command, arguments);
  }
  std::vector<std::string> words;
  for (const MessageCommand& command : commands) {
    const bool fits = command.words.size() > given.words.size() &&
                      std::equal(given.words.begin(), given.words.end(), command.words.begin());
    if (!fits) continue;
    const std::string& next = command.words[given.words.size()];
    if (words.empty() || words.back() != next) words.push_back(next);
  }
  return words;
}

}  // namespace tenon::cli
