#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/core_schema.h"
#include "store/migrations.h"
#include "store/plugin_store.h"
#include "store/store.h"
#include "support/node.h"
#include "support/temp_folder.h"

namespace tenon::test {

/// A store with the tables of core and of all plugins that are built, as code of plugins has it.
class TempStore {
 public:
  /// In a SQLite file of its own.
  TempStore() : TempStore(std::string()) {}
  /// Where the address says, if it says anything.
  explicit TempStore(const std::string& address) {
    const std::string place = address.empty() ? "sqlite:" + (folder_.path() / "tenon.db").string() : address;
    store_ = store::open_store(store::parse_address(place).value()).value();
    std::vector<store::MigrationSet> sets = store::read_plugin_migrations({BUILT_PLUGINS}).value();
    sets.insert(sets.begin(), store::core_migrations());
    const auto connection = store_->connect().value();
    (void)store::migrate(*connection, sets).value();
    host_ = std::make_unique<store::PluginStore>(*store_);
  }

  [[nodiscard]] store::Store& store() { return *store_; }
  [[nodiscard]] store::PluginStore& host() { return *host_; }

 private:
  TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::PluginStore> host_;
};

/// While it lives, the node of the test's code, with a store.
class StoreNode {
 public:
  StoreNode() : StoreNode(std::string()) {}
  explicit StoreNode(const std::string& address) : store_(address) { node_.set_store(&store_.host()); }

  [[nodiscard]] TempStore& temp() { return store_; }
  [[nodiscard]] Node& node() { return node_; }

 private:
  TempStore store_;
  Node node_;
};

}  // namespace tenon::test
