#include <tenon/plugin.h>

#include "interceptor.h"

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.bean<acme::Interceptor>("acme.Interceptor")
      .implements<tenon::MessageInterceptor>()
      .property("refused", &acme::Interceptor::refused);
}
