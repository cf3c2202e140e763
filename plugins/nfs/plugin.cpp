#include <tenon/plugin.h>

#include "primary_storage.h"

TENON_PLUGIN("nfs", "1.0.0", plugin) {
  plugin.bean<nfs::PrimaryStorageFactory>("nfs.PrimaryStorageFactory")
      .implements<tenon::iaas::PrimaryStorageFactory>()
      .property("timeout", &nfs::PrimaryStorageFactory::timeout,
                {.min = 1, .max = 3'600'000, .description = "how long the server may take for one call"})
      .property("qemu_img", &nfs::PrimaryStorageFactory::qemu_img, {.description = "the program qemu-img"})
      .property("qemu_img_limit", &nfs::PrimaryStorageFactory::qemu_img_limit,
                {.min = 1, .max = 86400, .description = "how long one call of qemu-img may take"});
  plugin.resource<nfs::PrimaryStorage>("nfs.PrimaryStorage");
}
