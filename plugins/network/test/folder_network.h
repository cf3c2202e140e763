#pragma once

#include <tenon/iaas/l2_driver.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace network::test {

/// An L2 network for tests: its bridge is a folder in `root`, each user a file in it that holds the user's key. It
/// needs `root` to be there, and serves hosts of this machine only.
class FolderNetwork final : public tenon::iaas::L2Network {
 public:
  FolderNetwork(std::filesystem::path root, tenon::iaas::L2NetworkRecord record)
      : root_(std::move(root)), record_(std::move(record)) {}

  tenon::Result<void> check() override {
    if (!std::filesystem::is_directory(root_)) return failure("there is no " + root_.string());
    return {};
  }
  tenon::Result<void> realize(const std::string& user, const std::string& key) override {
    if (auto good = check(); !good) return good;
    std::filesystem::create_directory(bridge());
    if (!std::filesystem::exists(bridge() / user)) std::ofstream(bridge() / user) << key;
    return {};
  }
  tenon::Result<void> unrealize(const std::string& user, const std::optional<std::string>& key) override {
    if (auto good = check(); !good) return good;
    if (!key || noted(user) == *key) std::filesystem::remove(bridge() / user);
    std::error_code not_empty;
    std::filesystem::remove(bridge(), not_empty);
    return {};
  }
  tenon::Result<tenon::iaas::NicAttachment> attachment(const tenon::iaas::Nic& nic) override {
    return tenon::iaas::NicAttachment{bridge().filename(), nic.mac, nic.device, nic.model, record_.vlan, {}, {}};
  }
  tenon::Result<void> release(const tenon::iaas::Nic& /*nic*/) override { return {}; }
  /// Nothing is ever plugged in; a user's file counts as its port.
  tenon::Result<std::vector<tenon::iaas::NicPort>> ports() override {
    if (auto good = check(); !good) return std::move(good).error();
    std::vector<tenon::iaas::NicPort> ports;
    if (!std::filesystem::exists(bridge())) return ports;
    for (const auto& entry : std::filesystem::directory_iterator(bridge())) {
      ports.push_back({entry.path().filename(), {}, {}, {}});
    }
    std::sort(ports.begin(), ports.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return ports;
  }

 private:
  static tenon::ErrorCode failure(std::string details) {
    return tenon::make_error("TEST.1002", "the test network can't be used", std::move(details));
  }
  [[nodiscard]] std::filesystem::path bridge() const { return root_ / record_.bridge.value_or("br-" + record_.name); }
  [[nodiscard]] std::string noted(const std::string& user) const {
    std::ifstream file(bridge() / user);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path root_;
  tenon::iaas::L2NetworkRecord record_;
};

/// L2 network type Folder.
class FolderNetworkFactory final : public tenon::iaas::L2NetworkFactory {
 public:
  tenon::Result<tenon::Owned<tenon::iaas::L2Network>> create(const tenon::iaas::L2NetworkRecord& record,
                                                             const tenon::iaas::HostRecord& host) override {
    if (!tenon::iaas::is_this_machine(host)) return tenon::make_error("TEST.1003", "another machine", host.uri);
    return tenon::make_owned<tenon::iaas::L2Network, FolderNetwork>(root, record);
  }

  std::string root;
};

}  // namespace network::test
