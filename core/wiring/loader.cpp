#include "wiring/loader.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "descriptor/reader.h"
#include "flow/chain_proof.h"
#include "plugin/library_cache.h"
#include "wiring/binder.h"
#include "wiring/builder.h"
#include "wiring/config_binder.h"
#include "wiring/libraries.h"
#include "wiring/property_binder.h"
#include "wiring/resolver.h"

namespace tenon::wiring {
namespace {

namespace fs = std::filesystem;

/// Folders beside descriptors, for what is no bean.
constexpr std::array<const char*, 5> kKinds{"chains", "services", "errors", "config", "tags"};

/// Files in the order in which they are found, each once.
struct FoundFiles {
  std::vector<fs::path> list;
  std::set<std::string> known;
};

void find_files(const fs::path& folder, FoundFiles& files, descriptor::Diagnostics& diagnostics) {
  std::error_code problem;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem)) {
    const fs::path& path = entry->path();
    if (path.extension() == ".xml" && !path.filename().string().starts_with('.')) found.push_back(path);
  }
  if (problem) {
    diagnostics.error({folder.string(), 0, 0}, "cannot read the folder: " + problem.message());
    return;
  }
  std::sort(found.begin(), found.end());
  for (fs::path& path : found) {
    if (files.known.insert(path.native()).second) files.list.push_back(std::move(path));
  }
  for (const char* kind : kKinds) {
    if (fs::is_directory(folder / kind, problem)) find_files(folder / kind, files, diagnostics);
  }
}

/// Takes plugins out; what others need of them is reported as missing.
void pass_over(const std::map<std::string, std::string>& plugins, std::vector<descriptor::Descriptor>& descriptors) {
  if (plugins.empty()) return;
  std::set<fs::path> files;
  for (const descriptor::Descriptor& descriptor : descriptors) {
    if (!descriptor.library || plugins.count(descriptor.library->name.text) == 0) continue;
    files.insert(descriptor.file);
    for (const fs::path& file : files_of_plugin(descriptor.file)) files.insert(file);
  }
  std::erase_if(descriptors,
                [&](const descriptor::Descriptor& descriptor) { return files.count(descriptor.file) != 0; });
}

/// Proves each chain by the contracts of its flows.
void prove(const Plan& plan, const Libraries& libraries, descriptor::Diagnostics& diagnostics) {
  if (libraries.incomplete()) return;  // what a missing flow would have written would be reported as missing, too
  std::vector<flow::FlowClass> flows;
  for (const PluginInfo& plugin : libraries.plugins()) {
    for (const ClassEntry& entry : plugin.generation->classes().classes) {
      if (entry.kind == ClassEntry::Kind::kFlow)
        flows.push_back({entry.name, plugin.name, entry.contract, plugin.place});
    }
  }
  flow::ChainProof proof(std::move(flows), diagnostics);
  for (const ChainPlan& chain : plan.chains) proof.prove(*chain.chain);
  for (const ListedChainPlan& listed : plan.listed_chains) proof.prove(*listed.chain.chain);
}

/// Libraries that still wait for their last users keep their copies.
void remove_unused_copies(const LoadRequest& request, const Wiring& wiring) {
  std::set<fs::path> used;
  for (const PluginInfo& plugin : wiring.plugins) used.insert(plugin.generation->file());
  if (request.generations != nullptr) {
    for (const auto& generation : request.generations->live()) used.insert(generation->file());
    for (const auto& pinned : request.generations->pinned()) used.insert(pinned.file);
  }
  plugin::LibraryCache(request.library_cache).keep_only(used);
}

/// Whether plugins were found that can't be without what is in quarantine.
bool take_unsatisfied(const Plan& plan, descriptor::LeftOutPlugins& left_out) {
  if (left_out.empty()) return false;
  const std::size_t before = left_out.size();
  for (const auto& [plugin, interface] : plan.unsatisfied) {
    left_out.emplace(plugin,
                     "needs a bean that implements " + interface + "; there is none while plugins are in quarantine");
  }
  return left_out.size() > before;
}

/// Loads what was read, of which `found` is wrong, without plugins that are in quarantine. If others turn out not to do
/// without them, `left_out` grows, and the load is to be tried again.
LoadResult load_without(descriptor::LeftOutPlugins& left_out, std::vector<descriptor::Descriptor> descriptors,
                        PropertyUse& properties, const LoadRequest& request, const descriptor::Diagnostics& found) {
  LoadResult result{found, {}, {}};
  descriptor::leave_out(left_out, descriptors, result.diagnostics);
  const Definitions definitions = resolve(descriptors, request.left_out, result.diagnostics);
  Libraries libraries(definitions, request, result.diagnostics);
  Plan plan = bind(definitions, libraries, request.reserved, result.diagnostics);
  if (take_unsatisfied(plan, left_out)) return result;
  prove(plan, libraries, result.diagnostics);
  std::vector<config::ConfigSpec> configs = config_specs(definitions, result.diagnostics);
  check_configs(plan, definitions, result.diagnostics);
  std::vector<config::TagSpec> tags = tag_specs(definitions, result.diagnostics);
  auto table = properties.check(definitions, request.node_properties, result.diagnostics);
  result.counts = {libraries.plugins().size(), definitions.beans.size(), plan.drivers.size(),
                   plan.extensions.size(),     plan.chains.size(),       plan.messages.size()};
  if (result.diagnostics.has_errors() || request.check_only) return result;

  if (request.prepare) {
    if (const Result<void> prepared = request.prepare(libraries.plugins()); !prepared) {
      result.diagnostics.error({"store", 0, 0}, prepared.error().to_string());
      return result;
    }
  }
  BuildContext context{request.configs,  std::move(table),    std::make_shared<config::Tags>(std::move(tags)),
                       request.previous, request.generations, request.gate};
  if (!context.configs) context.configs = std::make_shared<config::Configs>();
  const std::shared_ptr<config::Configs> defined = context.configs;
  std::vector<config::ConfigSpec> former = defined->specs();
  const std::shared_ptr<config::Tags> former_tags = request.previous != nullptr ? request.previous->tags : nullptr;
  if (const Result<void> opened = defined->define(std::move(configs)); !opened) {
    result.diagnostics.error({"configs", 0, 0}, "what is set can't be read: " + opened.error().to_string());
  } else {
    if (request.tags != nullptr) request.tags->set_current(context.tags);
    result.wiring = build(definitions, plan, std::move(libraries.plugins()), std::move(context), result.diagnostics);
  }
  if (result.wiring != nullptr) {
    result.wiring->publish();
    remove_unused_copies(request, *result.wiring);
    return result;
  }
  if (request.previous != nullptr) {
    if (request.tags != nullptr) request.tags->set_current(former_tags);
    (void)defined->define(std::move(former));  // what it can't read now it reads when the store is back
  }
  return result;
}

}  // namespace

LoadResult load(const LoadRequest& request) {
  descriptor::Diagnostics found;
  FoundFiles files;
  for (const fs::path& folder : request.descriptor_folders) find_files(folder, files, found);
  for (const fs::path& folder : request.plugin_folders) find_files(folder, files, found);
  PropertyUse properties(*request.properties);
  std::vector<descriptor::Descriptor> descriptors = properties.read(files.list, found);
  pass_over(request.left_out, descriptors);

  descriptor::LeftOutPlugins left_out = request.quarantined;
  if (left_out.empty()) return load_without(left_out, std::move(descriptors), properties, request, found);
  while (true) {
    const std::size_t before = left_out.size();
    LoadResult result = load_without(left_out, descriptors, properties, request, found);
    if (left_out.size() == before) return result;
  }
}

std::vector<fs::path> files_of_plugin(const fs::path& descriptor) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const char* kind : kKinds) {
    fs::path file = descriptor.parent_path() / kind / descriptor.filename();
    if (fs::exists(file, ignored)) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace tenon::wiring
