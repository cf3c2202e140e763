#include <tenon/plugin.h>

// Copied under 500 names: `plug0000` is replaced in the file.
namespace {
class Bean final : public tenon::Component {};
}  // namespace

TENON_PLUGIN("plug0000", "1.0.0", plugin) { plugin.bean<Bean>("plug0000.TrivialBeanOfTheBenchmark"); }
