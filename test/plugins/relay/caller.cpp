#include <tenon/plugin.h>
#include <tenon/relay/relay.h>

#include <mutex>
#include <vector>

namespace relay {
namespace {

class CallerBean final : public Caller {
 public:
  std::uint64_t call_voices(std::uint64_t times) noexcept override {
    std::uint64_t failed = 0;
    for (std::uint64_t i = 0; i < times; ++i) {
      int answers = 0;
      voices.for_each([&](Voice& voice) { answers += voice.say(1) > 0 ? 1 : -1000; });
      failed += answers > 0 ? 0 : 1;
    }
    return failed;
  }

  std::uint64_t call_raw(std::uint64_t times) noexcept override {
    if (raw_.empty()) voices.for_each([&](Voice& voice) { raw_.push_back(&voice); });
    std::uint64_t failed = 0;
    for (std::uint64_t i = 0; i < times; ++i) {
      int answers = 0;
      for (Voice* voice : raw_) answers += voice->say(1) > 0 ? 1 : -1000;
      failed += answers > 0 ? 0 : 1;
    }
    return failed;
  }

  std::uint64_t call_lines(std::uint64_t times) noexcept override {
    std::uint64_t failed = 0;
    for (std::uint64_t i = 0; i < times; ++i) {
      try {
        const tenon::Owned<Line> line = lines.get("Relay")->open();
        failed += line->say(1) > 0 ? 0 : 1;
      } catch (...) {
        ++failed;
      }
    }
    return failed;
  }

  int listen() noexcept override {
    int heard = 0;
    voices.for_each([&](Voice& voice) {
      if (heard == 0) heard = voice.say(0);
    });
    return heard;
  }

  bool keep_line() noexcept override {
    const std::lock_guard lock(mutex_);
    if (const auto factory = lines.find("Relay")) kept_ = factory->open();
    return static_cast<bool>(kept_);
  }
  int close_line() noexcept override {
    const std::lock_guard lock(mutex_);
    const int said = kept_ ? kept_->say(0) : 0;
    kept_ = {};
    return said;
  }

  tenon::Extensions<Voice> voices;
  tenon::Drivers<LineFactory> lines;

 private:
  std::mutex mutex_;
  tenon::Owned<Line> kept_;
  std::vector<Voice*> raw_;
};

}  // namespace
}  // namespace relay

TENON_PLUGIN("caller", "1.0.0", plugin) {
  plugin.bean<relay::CallerBean>("caller.Caller")
      .implements<relay::Caller>()
      .inject(&relay::CallerBean::voices)
      .inject(&relay::CallerBean::lines);
}
