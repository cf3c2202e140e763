#pragma once

#include <stdexcept>
#include <string>

namespace tenon::cli {

/// The exit status of tenon, as its help tells.
enum class ExitStatus { kOk = 0, kFailed = 1, kUsage = 2, kUnreachable = 3 };

/// Ends the command: the message goes to standard error, its first line is the reason.
class Failure : public std::runtime_error {
 public:
  Failure(ExitStatus status, const std::string& message) : std::runtime_error(message), status_(status) {}
  [[nodiscard]] ExitStatus status() const noexcept { return status_; }

 private:
  ExitStatus status_;
};

}  // namespace tenon::cli
