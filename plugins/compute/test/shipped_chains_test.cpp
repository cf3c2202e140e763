#include "config/configs.h"
#include "connection.h"
#include "flow/engine.h"
#include "flow/transactions.h"
#include "message/dispatcher.h"
#include "support/run.h"
#include "support/temp_folder.h"
#include "support/temp_store.h"
#include "wiring/loader.h"

#include <tenon/iaas/host_messages.h>
#include <tenon/iaas/l2_messages.h>
#include <tenon/iaas/storage_messages.h>
#include <tenon/iaas/vm_messages.h>
#include <tenon/resource_probe.h>
#include <tenon/storage/command.h>
#include <tenon/tags.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using tenon::Json;
using tenon::Value;
using tenon::flow::RunResult;
using tenon::test::read_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kUri = "test:///default";

/// A chain that fails at one more step, after its last: for each chain that is shipped, one named `failing.` and its
/// name. What fails is the test plugin's flow sample.Fail.
std::string failing(std::string chains) {
  const std::string kName = "<chain name=\"";
  const std::string kExtends = "extends=\"";
  for (std::size_t at = 0; (at = chains.find(kName, at)) != std::string::npos; at += kName.size()) {
    chains.insert(at + kName.size(), "failing.");
    const std::size_t extends = chains.find(kExtends, at);
    if (extends < chains.find('>', at)) {
      chains.insert(extends + kExtends.size(), "failing.");  // inherits the step that fails
    } else {
      chains.insert(chains.find("</chain>", at), "<flow class=\"sample.Fail\"/>");
    }
  }
  for (std::size_t at = 0; (at = chains.find("<input key=", at)) != std::string::npos; at += 30) {
    chains.insert(at, "<input key=\"ledger\"/>");
  }
  return chains;
}

/// All chains as they are shipped, with the descriptors that they need and the plugins as they are built; libvirt's
/// test driver for a host, a folder for a primary storage, and networks of folders.
class ShippedChains : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(volumes());
    fs::create_directory(bridges());
    std::ofstream(base()) << std::string(65536, '\0');
    properties.set("network.management", "management", "test");
    for (const char* file : {"kvm.xml", "storage.xml", "compute.xml", "network.xml"}) {
      fs::create_directories(descriptors() / "chains");
      fs::copy_file(fs::path(SHIPPED_DESCRIPTORS) / file, descriptors() / file);
    }
    fs::create_directories(descriptors() / "services");
    for (const char* file :
         {"zone.xml", "cluster.xml", "host.xml", "storage.xml", "network.xml", "image.xml", "vm.xml"}) {
      fs::copy_file(fs::path(SHIPPED_DESCRIPTORS) / "services" / file, descriptors() / "services" / file);
    }
    for (const char* kind : {"config", "tags"}) {
      fs::copy(fs::path(SHIPPED_DESCRIPTORS) / kind, descriptors() / kind, fs::copy_options::recursive);
    }
    for (const auto& entry : fs::directory_iterator(fs::path(SHIPPED_DESCRIPTORS) / "chains")) {
      if (entry.path().stem() == "ovs") continue;  // of a plugin that is not here
      fs::copy_file(entry.path(), descriptors() / "chains" / entry.path().filename());
      folder.write("descriptors/chains/failing-" + entry.path().filename().string(), failing(read_file(entry.path())));
    }
    folder.write("descriptors/test.xml", R"(<beans xmlns:tenon="urn:tenon:plugin">
      <tenon:library name="sample" version="1.2.0" file=")" SAMPLE_PLUGIN R"("/></beans>)");
    folder.write("descriptors/folder_network.xml", R"(<beans xmlns:tenon="urn:tenon:plugin">
      <tenon:library name="folder_network" version="1.0.0" file=")" FOLDER_NETWORK_PLUGIN R"("/>
      <bean id="Factory" class="folder_network.Factory"><property name="root" value=")" +
                                                       bridges().string() + R"("/>
        <tenon:plugin><tenon:driver kind="L2Network" type="Folder" resource="folder_network.Network"/></tenon:plugin>
      </bean>
      <bean id="Realize" class="folder_network.Realize"><property name="types"><list><value>Folder</value></list></property>
        <tenon:plugin><tenon:extension interface="tenon.iaas.PreVmInstantiateResourceExtensionPoint"/></tenon:plugin>
      </bean></beans>)");
    load();
  }
  void load() {
    tenon::wiring::LoadRequest request;
    request.descriptor_folders = {descriptors()};
    request.plugin_folders = {BUILT_PLUGINS};
    request.library_cache = folder.path() / "libraries";
    properties.set("tenon.plugins.trust", "any", "this test");
    request.properties = &properties;
    request.node = &node.node();
    request.configs = std::make_shared<tenon::config::Configs>(tenon::config::ConfigsOptions{&node.temp().host(), {}});
    auto loaded = tenon::wiring::load(request);
    for (const auto& diagnostic : loaded.diagnostics.sorted()) ADD_FAILURE() << diagnostic.to_string();
    wiring = std::move(loaded.wiring);
    ASSERT_NE(wiring, nullptr);
    node.node().set_tags(wiring->tags.get());
    engine = std::make_unique<tenon::flow::Engine>(tenon::flow::EngineOptions{.transactions = &transactions});
    messages = std::make_unique<tenon::message::Dispatcher>();
    messages->open(wiring->messages, [](tenon::flow::RunRequest) -> tenon::Result<std::uint64_t> { return 0; });
    node.node().set_messages(messages.get());
  }
  /// As a node stops: its threads are gone before the libraries are.
  void unload() {
    node.node().set_messages(nullptr);
    messages->close();
    messages.reset();
    engine.reset();
    node.node().set_tags(nullptr);
    wiring->stop();
    wiring.reset();
  }

  RunResult run(const std::string& chain, const char* key, Json input) {
    return tenon::test::run_chain(*engine, wiring->find_chain(chain), {{key, Value::of(std::move(input))}});
  }
  /// Runs it with one step more, which fails. Says how it failed and what could not be undone.
  std::vector<std::string> run_failing(const std::string& chain, const char* key, Json input) {
    Json ledger = Json::object().add("file", (folder.path() / "ledger").string());
    RunResult result =
        tenon::test::run_chain(*engine, wiring->find_chain("failing." + chain),
                               {{key, Value::of(std::move(input))}, {"ledger", Value::of(std::move(ledger))}});
    if (result.ok()) return {"succeeded"};
    std::vector<std::string> errors{result.error->code};
    for (const auto& cause : result.error->causes) errors.push_back(cause.to_string());
    return errors;
  }
  void must_run(const std::string& chain, const char* key, Json input) {
    RunResult result = run(chain, key, std::move(input));
    ASSERT_TRUE(result.ok()) << chain << ": " << result.error->to_string();
  }
  void add_all() {
    must_run("host.add", "host", host());
    must_run("storage.add", "primary_storage", storage());
    must_run("network.add", "l2_network", network("blue"));
    must_run("network.add", "l2_network", network("management"));
    must_run("image.add", "image", image());
  }
  std::string created(const std::string& chain = "vm.create") {
    RunResult made = run(chain, "vm", order());
    if (!made.ok()) {
      ADD_FAILURE() << made.error->to_string();
      return {};
    }
    return *made.find("instance")->json().find("uuid")->as_string();
  }

  Json host() const { return Json::object().add("name", "local").add("type", "KVM").add("uri", kUri); }
  Json storage() const {
    return Json::object().add("name", "local").add("type", "Folder").add("url", volumes().string());
  }
  Json network(const char* name) const { return Json::object().add("name", name).add("type", "Folder"); }
  Json image() const { return Json::object().add("name", "base").add("url", base().string()).add("format", "raw"); }
  Json order() const {
    Json networks = Json::array();
    networks.push("blue");
    return Json::object().add("name", "web").add("image", "base").add("networks", std::move(networks));
  }

  fs::path descriptors() const { return folder.path() / "descriptors"; }
  fs::path volumes() const { return folder.path() / "volumes"; }
  fs::path bridges() const { return folder.path() / "bridges"; }
  fs::path base() const { return folder.path() / "base.raw"; }
  static std::vector<std::string> names_in(const fs::path& place) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(place)) names.push_back(entry.path().filename());
    return names;
  }
  int domains() const { return virConnectListAllDomains(libvirt.get(), nullptr, 0); }
  /// All that chains make: files, bridges and their users, records, and how many domains.
  std::vector<std::string> everything() const {
    std::vector<std::string> all = names_in(volumes());
    for (const std::string& name : names_in(bridges())) all.push_back("bridge or user " + name);
    add<tenon::iaas::ListHosts>("Host", all);
    add<tenon::iaas::ListPrimaryStorages>("PrimaryStorage", all);
    add<tenon::iaas::ListL2Networks>("L2Network", all);
    add<tenon::iaas::ListImages>("Image", all);
    add<tenon::iaas::ListVms>("Vm", all);
    for (const std::string& tag : tags()) all.push_back(tag);
    std::sort(all.begin(), all.end());
    all.push_back(std::to_string(domains()) + " domains");
    return all;
  }
  /// `tag of Host local`.
  static std::vector<std::string> tags() {
    std::vector<std::string> found;
    const auto tags = tenon::read([](tenon::StoreTransaction& store) { return tenon::find_tags(store, {}); }).value();
    for (const tenon::Tag& tag : tags) found.push_back("tag of " + to_string(tag.resource));
    return found;
  }
  /// As the node's users see them.
  template <class List>
  static std::vector<Json> rows() {
    std::promise<tenon::Result<typename List::Reply>> answer;
    const tenon::PendingCall call =
        tenon::ask(List{}, [&](tenon::Result<typename List::Reply> page) { answer.set_value(std::move(page)); });
    const auto page = answer.get_future().get();
    std::vector<Json> found;
    for (const auto& row : page.value().items) found.push_back(row.json);
    return found;
  }
  template <class List>
  static void add(const std::string& kind, std::vector<std::string>& all) {
    for (const Json& row : rows<List>()) all.push_back(kind + " " + *row.find("name")->as_string());
  }

  /// As a drill compares it.
  std::vector<std::string> probed() const {
    std::vector<std::string> all;
    for (const auto& extension : wiring->extension_list(std::string(tenon::ResourceProbe::kInterface))) {
      const std::vector<std::string> found = static_cast<const tenon::ResourceProbe*>(extension.object)->list().value();
      all.insert(all.end(), found.begin(), found.end());
    }
    return all;
  }

  tenon::test::TempFolder folder;
  tenon::test::StoreNode node;
  tenon::flow::UnrecordedTransactions transactions{node.temp().host()};
  tenon::descriptor::Properties properties;
  std::shared_ptr<tenon::wiring::Wiring> wiring;
  std::unique_ptr<tenon::flow::Engine> engine;
  std::unique_ptr<tenon::message::Dispatcher> messages;
  kvm::ConnectionHandle libvirt{virConnectOpen(kUri)};
};

TEST_F(ShippedChains, register_what_vms_need_and_list_it) {
  add_all();
  EXPECT_THAT(everything(),
              ElementsAre("Host local", "Image base", "L2Network blue", "L2Network management", "PrimaryStorage local",
                          "bridge or user br-blue", "bridge or user br-management", "bridge or user network:blue",
                          "bridge or user network:management", "tag of Host local", "1 domains"));
  EXPECT_EQ(*rows<tenon::iaas::ListHosts>().at(0).find("state"), Json("Connected"));
}

TEST_F(ShippedChains, note_the_version_of_qemu_img_on_a_host_until_it_is_removed) {
  must_run("host.add", "host", host());
  const std::string printed = storage::run_command({"qemu-img", "--version"}, std::chrono::minutes(1)).value();
  const auto version = tenon::read([](tenon::StoreTransaction& store) {
    return tenon::tag_token(store, {"Host", "local"}, "qemu-img::version::{version}", "version");
  });
  EXPECT_THAT(printed, HasSubstr("qemu-img version " + version.value().value_or("none")));
  must_run("host.connect", "name", "local");
  EXPECT_THAT(tags(), SizeIs(1)) << "one of this pattern";
  must_run("host.remove", "name", "local");
  EXPECT_THAT(tags(), IsEmpty());
}

TEST_F(ShippedChains, place_vms_within_the_limits_of_their_host) {
  add_all();
  tenon::config::Configs& configs = *wiring->configs;
  ASSERT_TRUE(configs.set("host", "max.vms", "5", {}, "ada"));
  ASSERT_TRUE(configs.set("host", "vm.memory", "100M", {{"Host", "local"}}, "ada"));
  RunResult refused = run("vm.create", "vm", order());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error->code, "COMPUTE.1002");
  EXPECT_EQ(refused.error->causes.at(0).code, "COMPUTE.1013");
  ASSERT_TRUE(configs.reset("host", "vm.memory", {{"Host", "local"}}, "ada"));
  created();
}

TEST_F(ShippedChains, remove_what_they_registered) {
  const auto before = everything();
  add_all();
  must_run("image.remove", "name", "base");
  must_run("network.remove", "name", "blue");
  must_run("network.remove", "name", "management");
  must_run("storage.remove", "name", "local");
  must_run("host.remove", "name", "local");
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(run("host.remove", "name", "local").error->code, "REGISTRY.1001");
}

TEST_F(ShippedChains, keep_what_they_registered_when_the_node_starts_again) {
  add_all();
  const auto before = everything();
  unload();
  load();
  EXPECT_EQ(everything(), before);
}

TEST_F(ShippedChains, create_and_destroy_a_vm) {
  add_all();
  const auto before = everything();
  const std::string uuid = created();
  kvm::DomainHandle domain(virDomainLookupByUUIDString(libvirt.get(), uuid.c_str()));
  ASSERT_NE(domain, nullptr);
  EXPECT_EQ(virDomainIsActive(domain.get()), 1);
  kvm::TextHandle xml(virDomainGetXMLDesc(domain.get(), 0));
  EXPECT_THAT(xml.get(), HasSubstr("<source bridge='br-blue'/>"));
  EXPECT_THAT(names_in(volumes()), SizeIs(1));
  EXPECT_THAT(names_in(bridges() / "br-blue"), SizeIs(2)) << "the network's own note and the NIC's";
  EXPECT_EQ(*rows<tenon::iaas::ListVms>().at(0).find("state"), Json("Running"));

  must_run("vm.destroy", "vm_uuid", uuid);
  EXPECT_EQ(everything(), before);
}

TEST_F(ShippedChains, are_seen_by_the_probes_in_all_that_they_make) {
  add_all();
  const auto before = probed();
  const std::string uuid = created();
  const auto after = probed();
  std::vector<std::string> made;
  for (const std::string& text : after) {
    if (std::find(before.begin(), before.end(), text) == before.end()) made.push_back(text);
  }
  EXPECT_EQ(after.size(), before.size() + made.size());
  EXPECT_THAT(made,
              testing::UnorderedElementsAre(
                  "vm " + uuid + " web (Running) on local",
                  testing::AllOf(testing::StartsWith("file " + uuid), testing::EndsWith(".root.qcow2 on local")),
                  testing::StartsWith("record vm " + uuid + " web "),
                  testing::AllOf(testing::StartsWith("port nic:"), testing::EndsWith("of network blue on local"))));
  must_run("vm.destroy", "vm_uuid", uuid);
  EXPECT_EQ(probed(), before);
}

TEST_F(ShippedChains, create_a_vm_from_a_path_without_any_network_as_before) {
  must_run("host.add", "host", host());
  must_run("storage.add", "primary_storage", storage());
  must_run("vm.create", "vm",
           Json::object().add("name", "web").add("image", base().string()).add("image_format", "raw"));
  EXPECT_THAT(names_in(volumes()), SizeIs(1));
}

TEST_F(ShippedChains, create_an_appliance_with_a_nic_on_the_management_network_first) {
  add_all();
  const auto before = everything();
  const std::string uuid = created("appliancevm.create");
  Json networks = Json::array();
  networks.push("management").push("blue");
  EXPECT_EQ(*rows<tenon::iaas::ListVms>().at(0).find("networks"), networks);
  must_run("vm.destroy", "vm_uuid", uuid);
  EXPECT_EQ(everything(), before);
}

TEST_F(ShippedChains, connect_a_registered_host_again) {
  add_all();
  must_run("host.connect", "name", "local");
  EXPECT_EQ(run("host.connect", "name", "other").error->code, "REGISTRY.1001");
}

TEST_F(ShippedChains, register_nothing_that_its_driver_refuses) {
  const auto before = everything();
  EXPECT_EQ(run("host.add", "host", Json::object().add("name", "x").add("type", "KVM").add("uri", "test:///none.xml"))
                .error->code,
            "KVM.1001");
  EXPECT_EQ(run("storage.add", "primary_storage",
                Json::object().add("name", "x").add("type", "Folder").add("url", (folder.path() / "none").string()))
                .error->code,
            "STORAGE.1001");
  EXPECT_EQ(run("image.add", "image", Json::object().add("name", "x").add("url", (folder.path() / "none").string()))
                .error->code,
            "COMPUTE.1009");
  EXPECT_EQ(run("network.add", "l2_network", network("x")).error->code, "NETWORK.1002");
  EXPECT_EQ(everything(), before);
}

TEST_F(ShippedChains, refuse_to_remove_what_a_vm_uses) {
  add_all();
  const std::string uuid = created();
  const auto before = everything();
  const std::pair<const char*, const char*> removals[] = {
      {"host.remove", "local"}, {"storage.remove", "local"}, {"network.remove", "blue"}, {"image.remove", "base"}};
  for (const auto& [chain, name] : removals) {
    RunResult removed = run(chain, "name", name);
    ASSERT_FALSE(removed.ok()) << chain;
    EXPECT_EQ(removed.error->code, "REGISTRY.1003") << chain;
    EXPECT_THAT(removed.error->details, HasSubstr("VM web (" + uuid + ")")) << chain;
    EXPECT_THAT(removed.error->causes, IsEmpty()) << chain << ": no undo fails";
  }
  EXPECT_EQ(everything(), before);
}

TEST_F(ShippedChains, undo_a_vm_whose_name_is_taken_when_its_disk_has_been_made) {
  add_all();
  const auto before = everything();
  Json networks = Json::array();
  networks.push("blue");
  Json taken = Json::object().add("name", "test").add("disk_size", 65536).add("networks", std::move(networks));
  RunResult made = run("vm.create", "vm", std::move(taken));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error->code, "KVM.1004");
  EXPECT_EQ(everything(), before);
}

/// A chain, and what must be there before it can run.
struct Undone {
  const char* chain;
  const char* key;
  bool needs_all;
  bool needs_host;
};

class ShippedChainThatFails : public ShippedChains, public testing::WithParamInterface<Undone> {
 protected:
  Json input() const {
    const std::string chain = GetParam().chain;
    if (chain == "host.add") return host();
    if (chain == "storage.add") return storage();
    if (chain == "network.add") return network("green");
    if (chain == "image.add") return image();
    if (chain == "network.remove") return "blue";
    if (chain == "image.remove") return "base";
    return chain.ends_with("vm.create") ? order() : Json("local");
  }
};

TEST_P(ShippedChainThatFails, at_its_end_leaves_all_as_it_was) {
  if (GetParam().needs_all) add_all();
  if (GetParam().needs_host) must_run("host.add", "host", host());
  const auto before = everything();
  EXPECT_THAT(run_failing(GetParam().chain, GetParam().key, input()), ElementsAre("SAMPLE.1001"));
  EXPECT_EQ(everything(), before);
  EXPECT_THAT(read_file(folder.path() / "ledger"), HasSubstr("run fail")) << "the last step was not reached";
}

INSTANTIATE_TEST_SUITE_P(
    Each, ShippedChainThatFails,
    testing::Values(Undone{"host.add", "host", false, false}, Undone{"host.connect", "name", true, false},
                    Undone{"host.remove", "name", true, false}, Undone{"storage.add", "primary_storage", false, false},
                    Undone{"storage.remove", "name", true, false}, Undone{"network.add", "l2_network", false, true},
                    Undone{"network.remove", "name", true, false}, Undone{"image.add", "image", false, false},
                    Undone{"image.remove", "name", true, false}, Undone{"vm.create", "vm", true, false},
                    Undone{"appliancevm.create", "vm", true, false}),
    [](const auto& each) {
      std::string name = each.param.chain;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

TEST_F(ShippedChains, bring_nothing_of_a_destroyed_vm_back_and_can_be_repeated) {
  add_all();
  const auto before = everything();
  const std::string uuid = created();
  EXPECT_THAT(run_failing("vm.destroy", "vm_uuid", uuid), ElementsAre("SAMPLE.1001"));
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(run("vm.destroy", "vm_uuid", uuid).error->code, "COMPUTE.1004") << "it is gone for good";
}

TEST_F(ShippedChains, leave_none_of_the_libraries_behind) {
  add_all();
  created();
  auto mapped = [&] {
    return read_file("/proc/self/maps").find((folder.path() / "libraries").string()) != std::string::npos;
  };
  EXPECT_TRUE(mapped());
  unload();
  EXPECT_FALSE(mapped());
  // libvirt stays and must call nothing that has gone with the plugin.
  EXPECT_EQ(virDomainLookupByName(libvirt.get(), "nobody"), nullptr);
}

}  // namespace
