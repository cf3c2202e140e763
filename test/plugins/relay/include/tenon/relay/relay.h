#pragma once

#include <tenon/library.h>
#include <tenon/resource.h>

#include <cstdint>
#include <string_view>

/// Plugins that are swapped while others call them.
namespace relay {

/// What is swapped: a stateless answer.
class Voice {
 public:
  static constexpr std::string_view kInterface = "relay.Voice/1";
  virtual ~Voice() = default;
  /// Which generation of the code answers, plus one for each call between `start` and `stop`; -1 outside of that.
  virtual int say(int word) noexcept = 0;
};

/// An object of a driver.
class Line {
 public:
  virtual ~Line() = default;
  virtual int say(int word) noexcept = 0;
};

class LineFactory {
 public:
  static constexpr std::string_view kInterface = "relay.LineFactory/1";
  static constexpr std::string_view kDriverKind = "Line";
  virtual ~LineFactory() = default;
  virtual tenon::Owned<Line> open() = 0;
};

/// What calls: for a test or a benchmark, from any thread.
class Caller {
 public:
  static constexpr std::string_view kInterface = "relay.Caller/1";
  virtual ~Caller() = default;
  /// Calls all voices so many times; how many calls there were that none answered, or one that was stopped.
  virtual std::uint64_t call_voices(std::uint64_t times) noexcept = 0;
  /// The same without a lease and without a list, for comparison: the voices that it saw first.
  virtual std::uint64_t call_raw(std::uint64_t times) noexcept = 0;
  /// Opens a line of this type, and speaks through it; failures as above.
  virtual std::uint64_t call_lines(std::uint64_t times) noexcept = 0;
  /// What the first voice says; 0 if there is none.
  virtual int listen() noexcept = 0;
  /// A line of the driver that is there now, kept open; true if there is one.
  virtual bool keep_line() noexcept = 0;
  /// What it says, and then it is closed; 0 if none is kept.
  virtual int close_line() noexcept = 0;
};

}  // namespace relay
