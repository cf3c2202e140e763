#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace tenon::bench {

/// One thing to measure: its work for `iterations`, and how many units (steps, calls) an iteration is.
struct Subject {
  std::string name;
  double units;
  std::function<void(std::size_t iterations)> work;
};

[[nodiscard]] inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

/// Nanoseconds a unit of each subject: the median over rounds in which the subjects take turns, so that a machine that
/// becomes slower meanwhile slows them all.
[[nodiscard]] inline std::vector<double> measure(const std::vector<Subject>& subjects, std::size_t iterations,
                                                 std::size_t rounds = 15) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::vector<double>> times(subjects.size());
  for (std::size_t round = 0; round <= rounds; ++round) {
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      const Clock::time_point start = Clock::now();
      subjects[i].work(iterations);
      const double taken = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
      if (round > 0) times[i].push_back(taken / (static_cast<double>(iterations) * subjects[i].units));
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& taken : times) medians.push_back(median(std::move(taken)));
  return medians;
}

inline void figure(const std::string& name, double value, const char* unit) {
  std::printf("figure %s %.3g %s\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

}  // namespace tenon::bench
