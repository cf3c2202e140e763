#include <tenon/plugin.h>

#include "note.h"

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.bean<acme::Note>("acme.Note")
      .implements<network::L2NetworkDeleteExtensionPoint>()
      .property("root", &acme::Note::root, {.required = true})
      .reads(tenon::iaas::kL2Network);
}
