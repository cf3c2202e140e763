#include <tenon/plugin.h>

#include "listener.h"

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.bean<acme::Listener>("acme.Listener").implements<tenon::EventListener>();
}
