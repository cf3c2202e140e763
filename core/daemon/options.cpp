#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/install_paths.h"
#include "daemon/settings.h"

namespace tenon::daemon {
namespace {

bool is_store_command(const std::vector<std::string>& words) {
  if (words[0] == "copy") return words.size() == 2;
  return words.size() == 1 && (words[0] == "status" || words[0] == "migrate");
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
  Options options;
  std::string properties;
  std::vector<std::string> set;
  std::vector<std::string> syntax;

  CLI::App app("Tenon's node: loads plugins from descriptors and runs chains.", "tenond");
  app.set_version_flag("--version", std::string("tenond ") + kVersion);
  app.add_option("--properties", properties,
                 "Properties file (default " + find_install_paths().properties.string() + ", if it exists)")
      ->type_name("FILE");
  app.add_option("--set", set, "Set one property; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  CLI::Option* check =
      app.add_flag("--check", options.check, "Check descriptors and libraries, make nothing, and exit");
  app.add_option("--syntax", syntax, "With --check: check these descriptors alone, without libraries")
      ->type_name("FILE")
      ->needs(check);
  CLI::Option* store = app.add_option("--store", options.store,
                                      "Look after the store and exit: status, migrate, or copy to the store TARGET");
  store->type_name("VERB [TARGET]")->expected(1, 2)->excludes(check);
  app.add_flag("--json", options.json, "Print what --check or --store finds as JSON");
  app.footer("\nProperties of the node, with their defaults:\n" + describe_settings() +
             "\nExit status: 0 in order or stopped as asked, 1 an error, 2 a wrong command line.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }

  if (options.json && !options.check && options.store.empty()) {
    std::cerr << "--json: goes with --check or --store\n";
    return 2;
  }
  if (!options.store.empty() && !is_store_command(options.store)) {
    std::cerr << "--store: expected status, migrate or copy TARGET\n";
    return 2;
  }
  if (!properties.empty()) options.properties = properties;
  for (const std::string& text : set) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      std::cerr << "--set: expected NAME=VALUE, found '" << text << "'\n";
      return 2;
    }
    options.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  options.syntax.assign(syntax.begin(), syntax.end());
  return options;
}

}  // namespace tenon::daemon
