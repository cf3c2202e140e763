#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "outside.h"

namespace tenon::crash {

/// Places at which the process may be lost. They are counted as threads come by; at one of them the process ends as by
/// `kill -9`.
class KillPoints {
 public:
  /// `die_at`: which one, from 1; 0: none.
  KillPoints(const Outside& outside, std::uint64_t die_at) : outside_(outside), die_at_(die_at) {}
  KillPoints(const KillPoints&) = delete;
  KillPoints& operator=(const KillPoints&) = delete;

  /// Comes by the place `kind`, such as `before the batch`. May not return.
  void pass(std::string_view kind) noexcept;
  [[nodiscard]] std::uint64_t passed() const noexcept { return passed_.load(); }

 private:
  const Outside& outside_;
  const std::uint64_t die_at_;
  std::atomic<std::uint64_t> passed_{0};
};

}  // namespace tenon::crash
