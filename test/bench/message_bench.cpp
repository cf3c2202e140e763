#include <tenon/message.h>

#include <cstddef>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "bench/api/looks.h"
#include "bench/figures.h"
#include "message/dispatcher.h"
#include "support/loading.h"

/// What a message within the node costs its caller: an object goes through two interceptors to a handler, all of a
/// loaded library, and a reply comes back. Beside it the same through `ask`, whose answer comes before it returns.
namespace {

using namespace tenon;

/// Puts the plugin of test/bench/api and its service into the folder.
void add_looks(test::LoadingFolder& folder) {
  const std::filesystem::path files = LOOKS_NODE;
  folder.library(LOOKS_PLUGIN);
  std::filesystem::copy(files, folder.folder.path(),
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
}

}  // namespace

int main() {
  test::LoadingFolder folder;
  message::Dispatcher dispatcher;
  folder.node.set_messages(&dispatcher);
  add_looks(folder);
  const wiring::LoadResult loaded = folder.load();
  if (loaded.wiring == nullptr) {
    for (const std::string& line : folder.messages(loaded)) std::cerr << line << "\n";
    return 1;
  }
  dispatcher.open(loaded.wiring->messages, {});
  std::size_t good = 0;
  constexpr std::size_t kIterations = 200'000;
  constexpr std::size_t kRounds = 15;
  const std::vector<double> ns = bench::measure(
      {
          {"call", 1,
           [&](std::size_t n) {
             for (std::size_t i = 0; i < n; ++i) {
               const Result<looks::Seen> seen = call(looks::Look{"north"});
               good += seen && seen->length == 5 ? 1 : 0;
             }
           }},
          {"ask", 1,
           [&](std::size_t n) {
             for (std::size_t i = 0; i < n; ++i) {
               (void)ask<looks::Look>(
                   {"north"}, [&good](const Result<looks::Seen>& seen) { good += seen && seen->length == 5 ? 1 : 0; });
             }
           }},
      },
      kIterations, kRounds);
  dispatcher.close();
  if (good != 2 * kIterations * (kRounds + 1)) return 1;
  bench::figure("message.call", ns[0], "ns (aim under 300)");
  bench::figure("message.ask", ns[1], "ns");
}
