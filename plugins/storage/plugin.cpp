#include <tenon/iaas/storage_messages.h>
#include <tenon/plugin.h>

#include "folder.h"

TENON_PLUGIN("storage", "1.0.0", plugin) {
  plugin.bean<storage::FolderFactory>("storage.FolderFactory")
      .implements<tenon::iaas::PrimaryStorageFactory>()
      .property("qemu_img", &storage::FolderFactory::qemu_img, {.description = "the program qemu-img"})
      .property("qemu_img_limit", &storage::FolderFactory::qemu_img_limit,
                {.min = 1, .max = 86400, .description = "how long one call of qemu-img may take"});
  plugin.resource<storage::Folder>("storage.Folder");
  plugin.message<tenon::iaas::AddPrimaryStorage>();
  plugin.message<tenon::iaas::ListPrimaryStorages>();
  plugin.message<tenon::iaas::GetPrimaryStorage>();
  plugin.message<tenon::iaas::RemovePrimaryStorage>();
}
