#include <tenon/plugin.h>

#include "probe.h"

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.bean<acme::Probe>("acme.Probe")
      .implements<tenon::ResourceProbe>()
      .property("root", &acme::Probe::root, {.required = true});
}
