// A test of a flow outside of Tenon's tree, without a test framework.
// [test]
#include <tenon/testing/chain_runner.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using Calls = std::vector<std::string>;

inline constexpr tenon::FlowKey<std::string> kUrl{"url"};

/// A server that answers when the test says so.
struct Server {
  std::optional<tenon::FlowStep> asked;
};

class Download final : public tenon::Flow {
 public:
  explicit Download(Server& server) : server_(server) {}
  void run(tenon::FlowStep step) const override { server_.asked.emplace(std::move(step)); }
  void rollback(tenon::FlowStep step) const override { std::move(step).next(); }

 private:
  Server& server_;
};

void expect(bool good, const char* what) {
  if (good) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

int main() {
  Server server;
  const Download download(server);
  tenon::testing::ChainRunner runner;
  runner.input(kUrl, "http://h/base").then(download, {.timeout = 10s, .grace = 1s});

  runner.start();
  runner.advance(10s);
  expect(server.asked->cancelled(), "a download that takes too long is told to end");
  std::move(*server.asked).next();
  expect(runner.wait().error->code == "FLOW.1005", "it has failed all the same");
  expect(runner.trace() == Calls{"run Download", "undo Download"}, "it was undone");

  server.asked.reset();
  runner.fail_at("Download", tenon::testing::Fault::kBefore);
  expect(runner.run().error->code == "FLOW.1020", "a failure on purpose");
  expect(!server.asked, "the flow was not called");
}
// [/test]
