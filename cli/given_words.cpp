#include "given_words.h"

#include <string_view>

namespace tenon::cli {

GivenWords read_words(const std::vector<std::string>& arguments) {
  constexpr std::string_view kSocketIs = "--socket=";
  GivenWords given;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--socket") {
      if (++i < arguments.size()) given.socket = arguments[i];
    } else if (argument.starts_with(kSocketIs)) {
      given.socket = argument.substr(kSocketIs.size());
    } else if (argument == "--help" || argument == "-h") {
      given.help = true;
    } else if (argument != "--json") {
      if (argument.starts_with('-')) break;
      given.words.push_back(argument);
      given.places.push_back(i);
    }
  }
  return given;
}

}  // namespace tenon::cli
