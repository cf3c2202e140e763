#pragma once

#include <tenon/interface.h>
#include <tenon/json.h>

#include <string_view>

namespace tenon::test {

/// What a bean of a test plugin holds, for tests to see.
class Reading {
 public:
  static constexpr std::string_view kInterface = "test.Reading/1";
  virtual Json read() const = 0;

 protected:
  ~Reading() = default;
};

}  // namespace tenon::test
