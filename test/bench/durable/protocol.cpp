#include "bench/durable/protocol.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

/// Steps a second of the bare protocol.
///   bench_protocol postgres ADDRESS RUNS SECONDS
///   bench_protocol sqlite FILE RUNS SECONDS
int main(int argc, char** argv) {
  using namespace tenon::bench;
  using Clock = std::chrono::steady_clock;
  const std::string engine = argc == 5 ? argv[1] : "";
  const int runs = argc == 5 ? std::atoi(argv[3]) : 0;
  const std::chrono::duration<double> duration(argc == 5 ? std::atof(argv[4]) : 0);
  if ((engine != "postgres" && engine != "sqlite") || runs <= 0 || duration.count() <= 0) {
    std::cerr << "usage: bench_protocol postgres ADDRESS | sqlite FILE, RUNS SECONDS\n";
    return 64;
  }
  try {
    const std::unique_ptr<Protocol> protocol =
        engine == "sqlite" ? sqlite_protocol(argv[2]) : postgres_protocol(argv[2]);
    std::int64_t next = 1;
    const auto cohort = [&] {
      protocol->cohort(next, runs);
      next += runs;
    };
    cohort();
    const std::int64_t begun = next;
    const Clock::time_point start = Clock::now();
    while (Clock::now() - start < duration) cohort();
    const double taken = std::chrono::duration<double>(Clock::now() - start).count();
    std::printf("%.0f\n", static_cast<double>((next - begun) * Protocol::kSteps) / taken);
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "bench_protocol: " << e.what() << "\n";
    return 1;
  }
}
