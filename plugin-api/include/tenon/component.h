#pragma once

#include <string_view>

namespace tenon {

/// A bean with a life of its own. The node starts beans after all their properties are set and after the beans they
/// depend on, and stops them in reverse; both on its main thread, one bean at a time.
class Component {
 public:
  static constexpr std::string_view kInterface = "tenon.Component/1";
  virtual ~Component() = default;

  /// Throws if the bean can't do its work: then nothing of this load stays, and `what()` is reported with the bean's
  /// place. Must not wait for runs or for other beans' threads.
  virtual void start() {}

  /// When it returns, no thread that this bean started, itself or through a library, runs code of the plugin. Called
  /// once for each `start` that returned; must not throw.
  virtual void stop() {}
};

}  // namespace tenon
