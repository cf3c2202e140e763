#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "bench/figures.h"
#include "flow/engine.h"
#include "support/loading.h"

/// Cost of the node's own paths: chains of no-op flows in a loaded library, a run allocated each time, beside a loop of
/// plain virtual calls of the same flows.
int main(int argc, char**) {
  tenon::test::LoadingFolder folder;
  folder.library(std::filesystem::path(TEST_PLUGINS) / "sample.so");
  folder.beans("a.xml", "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"/>");
  std::string seven;
  for (int i = 0; i < 7; ++i) seven += "<flow class=\"sample.NoOp\"/>";
  folder.descriptor("chains/c.xml", "<chains><chain name=\"good\">" + seven +
                                        "<flow class=\"sample.NoOp\"/></chain><chain name=\"bad\">" + seven +
                                        "<flow class=\"sample.NoOpFail\"/></chain></chains>");
  tenon::wiring::LoadResult loaded = folder.load();
  for (const std::string& message : folder.messages(loaded)) std::cerr << message << "\n";
  if (loaded.wiring == nullptr) return 1;

  tenon::flow::Engine engine;
  std::size_t ended = 0;
  auto run = [&](const std::shared_ptr<const tenon::flow::Chain>& chain, std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
      (void)engine.start({chain, {}, {}, [&ended](const tenon::flow::RunResult&) { ++ended; }});
    }
  };
  const auto good = loaded.wiring->find_chain("good");
  const auto bad = loaded.wiring->find_chain("bad");

  struct Plain {
    virtual ~Plain() = default;
    virtual void call(std::size_t& count) const { ++count; }
  };
  struct Other final : Plain {  // so that the compiler can't know what is called
    void call(std::size_t& count) const override { count += 2; }
  };
  std::vector<std::unique_ptr<Plain>> plain;
  for (int i = 0; i < 8; ++i) plain.push_back(argc > 1 ? std::make_unique<Other>() : std::make_unique<Plain>());
  std::size_t calls = 0;

  const std::vector<double> ns = tenon::bench::measure(
      {
          {"success", 8, [&](std::size_t n) { run(good, n); }},
          {"undo", 16, [&](std::size_t n) { run(bad, n); }},
          {"virtual", 8,
           [&](std::size_t n) {
             for (std::size_t i = 0; i < n; ++i) {
               for (const auto& p : plain) {
                 p->call(calls);
                 asm volatile("" ::: "memory");
               }
             }
           }},
      },
      50'000);
  if (ended == 0 || calls == 0) return 1;
  tenon::bench::figure("chain.sync.success", ns[0], "ns/step");
  tenon::bench::figure("chain.sync.undo", ns[1], "ns/call");
  tenon::bench::figure("call.virtual", ns[2], "ns/call");
  return 0;
}
