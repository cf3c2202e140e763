#include <tenon/plugin.h>

#include "make_file.h"

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.flow<acme::MakeFile>("acme.MakeFile")
      .property("root", &acme::MakeFile::root, {.required = true})
      .reads(acme::kContent)
      .writes(acme::kFile);
}
