#include <tenon/plugin.h>
#include <tenon/relay/relay.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace relay {
namespace {

class VoiceBean final : public Voice, public tenon::Component {
 public:
  void start() override {
    std::this_thread::sleep_for(start_pause);
    if (fail_start) throw tenon::Error(tenon::make_error("RELAY.1001", "told to fail"));
    started_.store(true);
  }
  void stop() override { started_.store(false); }
  int say(int word) noexcept override { return started_.load(std::memory_order_relaxed) ? RELAY_CODE + word : -1; }

  std::string text;
  bool fail_start = false;
  std::chrono::milliseconds start_pause{0};

 private:
  std::atomic<bool> started_{false};
};

class Factory;

class LineOf final : public Line {
 public:
  explicit LineOf(const Factory& factory) : factory_(factory) {}
  int say(int word) noexcept override;

 private:
  const Factory& factory_;
};

class Factory final : public LineFactory, public tenon::Component {
 public:
  tenon::Owned<Line> open() override { return tenon::make_owned<Line, LineOf>(*this); }
  void start() override { started_.store(true); }
  void stop() override { started_.store(false); }
  [[nodiscard]] int code() const noexcept { return started_.load() ? RELAY_CODE : -1; }

 private:
  std::atomic<bool> started_{false};
};

int LineOf::say(int word) noexcept {
  const int code = factory_.code();
  return code < 0 ? -1 : code + word;
}

}  // namespace
}  // namespace relay

TENON_PLUGIN("voice", "1.0.0", plugin) {
  plugin.bean<relay::VoiceBean>("voice.Voice")
      .implements<relay::Voice>()
      .property("text", &relay::VoiceBean::text)
      .property("failStart", &relay::VoiceBean::fail_start)
      .property("startPause", &relay::VoiceBean::start_pause);
  plugin.bean<relay::Factory>("voice.Lines").implements<relay::LineFactory>();
}
