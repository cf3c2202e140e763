#include <tenon/plugin.h>

#include "service.h"

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.message<acme::Greet>();
  plugin.bean<acme::Service>("acme.Service")
      .property("greeting", &acme::Service::greeting, {.required = true})
      .handles(&acme::Service::greet);
}
