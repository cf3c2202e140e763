#include <tenon/plugin.h>

#include <string_view>

namespace outside {

/// A kind of driver that nobody else knows.
class ClockFactory {
 public:
  static constexpr std::string_view kInterface = "outside.ClockFactory/1";
  static constexpr std::string_view kDriverKind = "Clock";
  virtual ~ClockFactory() = default;
};

class SundialFactory : public ClockFactory, public tenon::Component {
 public:
  void start() override { tenon::log::info("the sundial is out", {{"latitude", latitude}}); }
  int latitude = 0;
};

class Sundial {};

}  // namespace outside

TENON_PLUGIN("outside", "0.1.0", plugin) {
  plugin.bean<outside::SundialFactory>("outside.SundialFactory")
      .implements<outside::ClockFactory>()
      .property("latitude", &outside::SundialFactory::latitude, {.min = -90, .max = 90});
  plugin.resource<outside::Sundial>("outside.Sundial");
}
