#include <exception>
#include <iostream>
#include <variant>

#include "daemon/check.h"
#include "daemon/new_plugin.h"
#include "daemon/node.h"
#include "daemon/options.h"
#include "daemon/signals.h"
#include "daemon/store_command.h"
#include "daemon/verify.h"

int main(int argc, char** argv) {
  using namespace tenon::daemon;
  try {
    const std::variant<Options, int> parsed = parse_options(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const Options& options = std::get<Options>(parsed);
    if (!options.syntax.empty()) return check_syntax(options);
    if (options.check) return check(options);
    if (!options.store.empty()) return store_command(options);
    if (options.verify) return verify(options);
    if (options.new_plugin) return new_plugin(*options.new_plugin);
    Signals signals;
    return run_node(options, signals);
  } catch (const std::exception& e) {
    std::cerr << "tenond: " << e.what() << '\n';
    return 1;
  }
}
