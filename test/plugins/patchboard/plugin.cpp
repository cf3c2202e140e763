#include <tenon/iaas/l2_driver.h>
#include <tenon/iaas/l2_messages.h>
#include <tenon/network/l2_network_delete.h>
#include <tenon/plugin.h>
#include <tenon/transactional_flow.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// L2 networks of type Patchboard: each is a folder, and whoever uses it is a file in there, a cable.
namespace patchboard {

namespace fs = std::filesystem;
namespace iaas = tenon::iaas;
using tenon::Result;
using tenon::StoreTransaction;

// [messages]
enum class Color : std::uint8_t { blue, red, yellow };
BOOST_DESCRIBE_ENUM(Color, blue, red, yellow)

/// What creates a network of any type, and which cables this one has.
struct CreateL2Network : iaas::CreateL2Network {
  static constexpr std::string_view kMessage = "patchboard.CreateL2Network";
  using Extends = iaas::CreateL2Network;
  Color color = Color::blue;
};
BOOST_DESCRIBE_STRUCT(CreateL2Network, (iaas::CreateL2Network), (color))

/// What is shown of a network of any type, and its color if that is known.
struct L2NetworkInventory : iaas::L2NetworkInventory {
  std::optional<Color> color;
};
BOOST_DESCRIBE_STRUCT(L2NetworkInventory, (iaas::L2NetworkInventory), (color))

struct CableList {
  std::vector<std::string> cables;
};
BOOST_DESCRIBE_STRUCT(CableList, (), (cables))

/// Who uses a network.
struct ListCables : iaas::L2NetworkMessage {
  static constexpr std::string_view kMessage = "patchboard.ListCables";
  using Extends = iaas::L2NetworkMessage;
  using Reply = CableList;
};
BOOST_DESCRIBE_STRUCT(ListCables, (iaas::L2NetworkMessage), ())
// [/messages]

// [table]
inline constexpr tenon::FlowKey<CreateL2Network> kPatchboard{"patchboard"};

/// Records the color, before the network is made. The undo forgets it.
class RecordColor final : public tenon::TransactionalFlow {
 public:
  void execute(tenon::FlowData& data, StoreTransaction& store) const override {
    const CreateL2Network& network = data.get(kPatchboard);
    (void)store
        .execute(
            "INSERT INTO patchboard_l2_network (name, color, added_by) VALUES ($1, $2, $3) "
            "ON CONFLICT (name) DO NOTHING",  // of a network that is there, at which the run will fail
            {network.name, boost::describe::enum_to_string(network.color, ""), data.key()})
        .value();
  }
  void undo(tenon::FlowData& data, StoreTransaction& store) const override {
    (void)store
        .execute("DELETE FROM patchboard_l2_network WHERE name = $1 AND added_by = $2",
                 {data.get(kPatchboard).name, data.key()})
        .value();
  }
};

/// Forgets the color, after the network is gone.
class ForgetColor final : public tenon::NoRollbackBlockingExtension<network::L2NetworkDeleteExtensionPoint> {
 public:
  void execute(tenon::FlowData& data) const override {
    (void)tenon::transaction([&](StoreTransaction& store) {
      return store.execute("DELETE FROM patchboard_l2_network WHERE name = $1", {data.get(iaas::kL2Network).name});
    }).value();
  }
};

/// May throw Error STORE.…
std::optional<Color> recorded_color(const std::string& network) {
  return tenon::read([&](StoreTransaction& store) {
           const tenon::StoreRows rows =
               store.query("SELECT color FROM patchboard_l2_network WHERE name = $1", {network}).value();
           Color color{};
           const bool found =
               !rows.empty() && boost::describe::enum_from_string(rows[0].get<std::string>("color").c_str(), color);
           return found ? std::optional(color) : std::nullopt;
         })
      .value();
}
// [/table]

class L2Network final : public iaas::L2Network {
 public:
  L2Network(fs::path board, std::string name) : board_(std::move(board)), name_(std::move(name)) {}

  Result<void> check() override {
    if (fs::is_directory(board_)) return {};
    return tenon::make_error("PATCHBOARD.1001", "the board is missing", board_.string());
  }
  Result<void> realize(const std::string& user, const std::string& key) override {
    std::error_code failed;
    fs::create_directory(folder(), failed);
    if (!fs::exists(folder() / user)) std::ofstream(folder() / user) << key;
    if (fs::exists(folder() / user)) return {};
    return tenon::make_error("PATCHBOARD.1002", "a cable can't be plugged", (folder() / user).string());
  }
  Result<void> unrealize(const std::string& user, const std::optional<std::string>& key) override {
    std::ifstream file(folder() / user);
    const std::string noted{std::istreambuf_iterator<char>(file), {}};
    if (key && *key != noted) return {};
    std::error_code ignored;
    fs::remove(folder() / user, ignored);
    fs::remove(folder(), ignored);  // if it is empty
    return {};
  }
  Result<iaas::NicAttachment> attachment(const iaas::Nic& nic) override {
    return iaas::NicAttachment{name_, nic.mac, nic.device, nic.model, std::nullopt, std::nullopt, std::nullopt};
  }
  Result<void> release(const iaas::Nic& /*nic*/) override { return {}; }
  Result<std::vector<iaas::NicPort>> ports() override { return std::vector<iaas::NicPort>(); }

  [[nodiscard]] std::vector<std::string> cables() const {
    std::vector<std::string> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder(), missing)) names.push_back(entry.path().filename());
    return names;
  }

 private:
  [[nodiscard]] fs::path folder() const { return board_ / name_; }

  const fs::path board_;
  const std::string name_;
};

// [resource]
/// What answers the messages about a registered network of this type.
class L2NetworkResource final : public iaas::L2NetworkResource {
 public:
  L2NetworkResource(const iaas::L2NetworkRecord& record, iaas::Registry& registry, fs::path board)
      : iaas::L2NetworkResource(record, registry), board_(std::move(board)) {}

  void handle(tenon::AnyCall call) override {
    if (call.as<iaas::GetL2Network>() != nullptr) return show(std::move(call));
    if (call.as<ListCables>() != nullptr) {
      return tenon::answer<ListCables>(std::move(call), [&](const ListCables&) -> Result<CableList> {
        return CableList{L2Network(board_, record().name).cables()};
      });
    }
    iaas::L2NetworkResource::handle(std::move(call));
  }

 private:
  void show(tenon::AnyCall call) const {
    try {
      L2NetworkInventory shown{inventory(), recorded_color(record().name)};
      std::move(call).reply(tenon::Value::of<L2NetworkInventory>(std::move(shown)));
    } catch (const tenon::Error& e) {
      std::move(call).fail(e.error());
    }
  }

  const fs::path board_;
};
// [/resource]

// [factory]
class L2NetworkFactory final : public iaas::L2NetworkFactory {
 public:
  Result<tenon::Owned<iaas::L2Network>> create(const iaas::L2NetworkRecord& record,
                                               const iaas::HostRecord& host) override {
    if (!iaas::is_this_machine(host)) {
      return tenon::make_error("PATCHBOARD.1003", "the host has no board", "host " + host.name);
    }
    return tenon::make_owned<iaas::L2Network, L2Network>(board, record.name);
  }
  Result<tenon::Owned<tenon::Resource>> resource(const iaas::L2NetworkRecord& record,
                                                 iaas::Registry& registry) override {
    return tenon::make_owned<tenon::Resource, L2NetworkResource>(record, registry, board);
  }

  std::string board;
};
// [/factory]

}  // namespace patchboard

// [plugin]
TENON_PLUGIN("patchboard", "1.0.0", plugin) {
  plugin.bean<patchboard::L2NetworkFactory>("patchboard.L2NetworkFactory")
      .implements<tenon::iaas::L2NetworkFactory>()
      .property("board", &patchboard::L2NetworkFactory::board, {.required = true});
  plugin.resource<patchboard::L2Network>("patchboard.L2Network");
  plugin.message<patchboard::CreateL2Network>();
  plugin.message<patchboard::ListCables>();
  plugin.flow<patchboard::RecordColor>("patchboard.RecordColor").reads(patchboard::kPatchboard);
  plugin.bean<patchboard::ForgetColor>("patchboard.ForgetColor")
      .implements<network::L2NetworkDeleteExtensionPoint>()
      .reads(tenon::iaas::kL2Network);
}
// [/plugin]
