#include "l2_network.h"

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace acme {

namespace fs = std::filesystem;
using tenon::Result;

L2Network::L2Network(fs::path root, std::string name) : root_(std::move(root)), name_(std::move(name)) {}

Result<void> L2Network::check() {
  std::error_code problem;
  if (fs::is_directory(root_, problem)) return {};
  return tenon::make_error("ACME.1001", "the folder of the networks is missing", root_.string());
}

Result<void> L2Network::realize(const std::string& user, const std::string& key) {
  std::error_code problem;
  fs::create_directory(folder(), problem);
  const fs::path file = folder() / user;
  // Who is noted keeps the key that it was noted with.
  if (!fs::exists(file, problem)) std::ofstream(file) << key;
  if (fs::exists(file, problem)) return {};
  return tenon::make_error("ACME.1002", "a user of the network can't be noted", file.string());
}

Result<void> L2Network::unrealize(const std::string& user, const std::optional<std::string>& key) {
  const fs::path file = folder() / user;
  std::ifstream in(file);
  const std::string noted{std::istreambuf_iterator<char>(in), {}};
  if (key && *key != noted) return {};  // another run needs it
  std::error_code problem;
  fs::remove(file, problem);
  fs::remove(folder(), problem);  // only if nobody else is noted
  return {};
}

Result<tenon::iaas::NicAttachment> L2Network::attachment(const tenon::iaas::Nic& nic) {
  tenon::iaas::NicAttachment attachment;
  attachment.bridge = name_;
  attachment.mac = nic.mac;
  attachment.device = nic.device;
  attachment.model = nic.model;
  return attachment;
}

Result<void> L2Network::release(const tenon::iaas::Nic& /*nic*/) { return {}; }

Result<std::vector<tenon::iaas::NicPort>> L2Network::ports() { return std::vector<tenon::iaas::NicPort>(); }

}  // namespace acme
