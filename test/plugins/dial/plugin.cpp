#include <tenon/plugin.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/reading.h"

/// Something to read configs at: what a dial shows is what its members hold.
namespace dial {
namespace {

class Dial final : public tenon::Component, public tenon::test::Reading {
 public:
  void start() override { at_start_ = interval.get(); }
  tenon::Json read() const override {
    const std::lock_guard lock(mutex_);
    tenon::Json heard = tenon::Json::array();
    for (const std::string& change : heard_) heard.push(change);
    return tenon::Json::object()
        .add("at_start_ms", std::int64_t{at_start_.count()})
        .add("interval_ms", std::int64_t{interval.get().count()})
        .add("on_shelf_ms", std::int64_t{interval.get_for("Shelf", "attic/1").count()})
        .add("greeting", greeting.get())
        .add("loud", *loud)
        .add("steps", *steps)
        .add("ratio", *ratio)
        .add("paper", paper.get().bytes)
        .add("heard", std::move(heard));
  }
  void changed(const std::chrono::milliseconds& before, const std::chrono::milliseconds& now) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::to_string(before.count()) + " -> " + std::to_string(now.count()));
  }

  tenon::Config<std::chrono::milliseconds> interval;
  tenon::Config<std::string> greeting;
  tenon::Config<bool> loud;
  tenon::Config<std::int64_t> steps;
  tenon::Config<double> ratio;
  tenon::Config<tenon::Size> paper;

 private:
  std::chrono::milliseconds at_start_{};
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
};

/// Shelf `attic/1` stands in Room `attic`, which is in House `home`.
class Rooms final : public tenon::ResourceParents {
 public:
  std::optional<tenon::ResourceRef> parent_of(const tenon::ResourceRef& resource) const override {
    if (resource.kind == "Shelf") return tenon::ResourceRef{"Room", resource.id.substr(0, resource.id.find('/'))};
    if (resource.kind == "Room") return tenon::ResourceRef{"House", "home"};
    return std::nullopt;
  }
};

/// Holds a config of which the test says whether there is one.
class Needle final {
 public:
  tenon::Config<std::int64_t> width;
};

}  // namespace
}  // namespace dial

TENON_PLUGIN("dial", "1.0.0", plugin) {
  using namespace dial;
  plugin.bean<Dial>("dial.Dial")
      .implements<tenon::test::Reading>()
      .config("dial", "look.interval", &Dial::interval, &Dial::changed)
      .config("dial", "greeting", &Dial::greeting)
      .config("dial", "loud", &Dial::loud)
      .config("dial", "steps", &Dial::steps)
      .config("dial", "ratio", &Dial::ratio)
      .config("dial", "paper", &Dial::paper);
  plugin.bean<Rooms>("dial.Rooms").implements<tenon::ResourceParents>();
  plugin.bean<Needle>("dial.Needle").config("needle", "width", &Needle::width);
}
