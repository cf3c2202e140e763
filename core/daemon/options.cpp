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

/// What goes with one of the modes of tenond, and what it is for.
struct PluginArguments {
  VerifyOptions verify;
  NewPluginOptions made;
  std::string driver;
  std::string extension;
  bool flow = false;
  bool service = false;
};

void add_verify(CLI::App& app, PluginArguments& a) {
  CLI::Option* verify = app.add_option("--verify", a.verify.file,
                                       "Check whether a plugin's library keeps the rules of plugins, and exit");
  verify->type_name("FILE");
  app.add_option("--descriptor", a.verify.descriptor, "With --verify: its descriptor, whose beans are started, too")
      ->type_name("FILE")
      ->needs(verify);
  app.add_option("--rounds", a.verify.rounds, "With --verify: so often it is loaded and unloaded")
      ->type_name("N")
      ->capture_default_str()
      ->needs(verify);
  app.add_flag("--quiet", a.verify.quiet, "With --verify: print only what fails")->needs(verify);
}

void add_new(CLI::App& app, PluginArguments& a) {
  CLI::Option* made = app.add_option("--new", a.made.name, "Write the folder of a new plugin, and exit");
  made->type_name("NAME");
  CLI::Option_group* which = app.add_option_group("with --new", "what it has to begin with, one of:");
  which->add_option("--driver", a.driver, "A driver of this kind")->type_name("KIND")->needs(made);
  which->add_flag("--flow", a.flow, "A flow and a chain")->needs(made);
  which->add_flag("--service", a.service, "A service and a message")->needs(made);
  which->add_option("--extension", a.extension, "An extension of this interface")->type_name("INTERFACE")->needs(made);
  which->require_option(0, 1);
  app.add_option("--folder", a.made.folder, "With --new: the folder to write (default: NAME)")
      ->type_name("DIR")
      ->needs(made);
}

/// False if the command line is wrong, which is printed then.
bool take(const CLI::App& app, PluginArguments& a, Options& options) {
  if (app.count("--verify") > 0) options.verify = a.verify;
  if (app.count("--new") == 0) return true;
  NewPluginOptions& made = a.made;
  if (!a.driver.empty()) {
    made.template_kind = "driver";
    made.variant = a.driver;
  } else if (!a.extension.empty()) {
    made.template_kind = "extension";
    made.variant = a.extension;
  } else if (a.flow || a.service) {
    made.template_kind = a.flow ? "flow" : "service";
  } else {
    std::cerr << "--new: expected one of --driver KIND, --flow, --service, --extension INTERFACE\n";
    return false;
  }
  options.new_plugin = made;
  return true;
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
  PluginArguments plugin;
  add_verify(app, plugin);
  add_new(app, plugin);
  app.add_flag("--json", options.json, "Print what --check, --store or --verify finds as JSON");
  app.footer("\nProperties of the node, with their defaults:\n" + describe_settings() +
             "\nExit status: 0 in order or stopped as asked, 1 an error, 2 a wrong command line.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }

  if (!take(app, plugin, options)) return 2;
  if (options.check + !options.store.empty() + options.verify.has_value() + options.new_plugin.has_value() > 1) {
    std::cerr << "--check, --store, --verify, --new: only one of them\n";
    return 2;
  }
  if (options.json && !options.check && options.store.empty() && !options.verify) {
    std::cerr << "--json: goes with --check, --store or --verify\n";
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
