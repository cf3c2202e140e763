#include <tenon/plugin.h>

#include "primary_storage.h"

namespace acme {

/// Makes the storages of type Acme, whose url is `acme://…`.
class PrimaryStorageFactory final : public tenon::iaas::PrimaryStorageFactory {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::PrimaryStorage>> create(
      const tenon::iaas::PrimaryStorageRecord& record) override {
    if (!record.url.starts_with("acme://")) {
      return tenon::make_error("ACME.1002", "the address is not one of this type", record.url);
    }
    return tenon::make_owned<tenon::iaas::PrimaryStorage, PrimaryStorage>(record.url);
  }
};

}  // namespace acme

TENON_PLUGIN("acme", "0.1.0", plugin) {
  plugin.bean<acme::PrimaryStorageFactory>("acme.PrimaryStorageFactory")
      .implements<tenon::iaas::PrimaryStorageFactory>();
  plugin.resource<acme::PrimaryStorage>("acme.PrimaryStorage");
}
