#include "wiring/libraries.h"

#include <optional>
#include <system_error>
#include <utility>

#include "plugin/elf_record.h"
#include "plugin/handshake.h"
#include "plugin/library_cache.h"

namespace tenon::wiring {
namespace {

namespace fs = std::filesystem;
using descriptor::Diagnostics;
using descriptor::LibraryDefinition;

/// The library's file: as it is if absolute, else beside its descriptor, else in a plugin folder.
std::optional<fs::path> find_file(const Definitions::Library& library, const LoadRequest& request,
                                  Diagnostics& diagnostics) {
  const fs::path name = library.definition->file.text;
  std::vector<fs::path> folders{library.descriptor.empty() ? fs::path(".") : fs::path(library.descriptor)};
  folders.insert(folders.end(), request.plugin_folders.begin(), request.plugin_folders.end());
  std::string searched;
  for (const fs::path& folder : folders) {
    std::error_code problem;
    if (fs::exists(folder / name, problem)) return folder / name;
    if (searched.find(folder.string()) == std::string::npos) {
      searched.append(searched.empty() ? "" : ", ").append(folder.string());
    }
  }
  diagnostics.error(library.definition->file.place, "library file '" + name.string() + "' not found" +
                                                        (name.is_absolute() ? "" : " (looked in: " + searched + ")"));
  return std::nullopt;
}

}  // namespace

Libraries::Libraries(const Definitions& definitions, const LoadRequest& request, Diagnostics& diagnostics)
    : cache_(request.library_cache) {
  for (const Definitions::Library& library : definitions.libraries) {
    const std::string& name = library.definition->name.text;
    bool needs_failed = false;
    for (const auto& needed : library.definition->requirements) {
      // Not reported: the plugin that failed was.
      needs_failed = needs_failed || failed_.count(needed.plugin.text) != 0;
    }
    if (needs_failed || !load(library, request, diagnostics)) failed_.insert(name);
  }
  cache_.save();
}

bool Libraries::load(const Definitions::Library& library, const LoadRequest& request, Diagnostics& diagnostics) {
  const LibraryDefinition& definition = *library.definition;
  // What is empty was reported by the reader.
  if (definition.name.text.empty() || definition.version.text.empty() || definition.file.text.empty()) return false;
  if (definition.sha256 && definition.sha256->text.empty()) return false;
  fs::path file;
  const std::shared_ptr<plugin::Generation> generation = load_file(library, request, file, diagnostics);
  if (generation == nullptr) return false;
  if (!check_classes(definition, *generation, diagnostics)) return false;
  if (!take_messages(definition, generation, diagnostics)) return false;

  PluginInfo info;
  info.name = definition.name.text;
  info.version = definition.version.text;
  info.place = definition.place;
  info.file = std::move(file);
  info.stop_first = definition.stop_first;
  for (const auto& needed : definition.requirements) info.requirements.push_back(needed.plugin.text);
  info.loaded = std::chrono::system_clock::now();
  info.generation = generation;
  const PluginInfo* before = request.previous != nullptr ? request.previous->find_plugin(info.name) : nullptr;
  if (before != nullptr && before->generation == info.generation) info.loaded = before->loaded;
  for (const ClassEntry& entry : generation->classes().classes) {
    classes_.emplace(entry.name, ClassUse{&entry, generation});
  }
  plugins_.push_back(std::move(info));
  return true;
}

std::shared_ptr<plugin::Generation> Libraries::load_file(const Definitions::Library& library,
                                                         const LoadRequest& request, fs::path& file,
                                                         Diagnostics& diagnostics) {
  const LibraryDefinition& definition = *library.definition;
  const std::string& name = definition.name.text;
  auto refuse = [&](const ErrorCode& error) {
    const bool other = error.code == plugin::kOtherContent;
    const descriptor::Place& place = other ? definition.sha256->place : definition.file.place;
    diagnostics.error(
        place, "plugin '" + name + "': " + error.description + (error.details.empty() ? "" : ": " + error.details));
    return nullptr;
  };
  const auto load = [&](const fs::path& copy) -> std::shared_ptr<plugin::Generation> {
    auto generation = request.generations != nullptr ? request.generations->load(copy, name, *request.node)
                                                     : plugin::Generation::load(copy, name, 1, *request.node);
    return generation ? *generation : refuse(generation.error());
  };
  if (request.generations != nullptr && request.generations->is_linked(name)) return load({});

  const std::optional<fs::path> found = find_file(library, request, diagnostics);
  if (!found) return nullptr;
  file = *found;
  const Result<fs::path> copy =
      cache_.copy_of(file, {.trust = descriptor::trust_of(*request.properties),
                            .sha256 = definition.sha256 ? definition.sha256->text : std::string(),
                            // What is no plugin is kept out of the cache; what counts is the look at the copy.
                            .look = [&]() -> Result<void> {
                              const Result<PluginRecord> seen = plugin::read_record(file);
                              return seen ? Result<void>() : seen.error();
                            }});
  if (!copy) return refuse(copy.error());
  const Result<PluginRecord> record = plugin::read_record(*copy);
  if (!record) return refuse(record.error());
  const std::vector<std::string> differences = plugin::compare_record(*record, name, definition.version.text);
  for (const std::string& difference : differences) {
    diagnostics.error(definition.file.place, "plugin '" + name + "': the record of " + file.string() +
                                                 " does not fit this node: " + difference);
  }
  return differences.empty() ? load(*copy) : nullptr;
}

bool Libraries::check_classes(const LibraryDefinition& library, const plugin::Generation& generation,
                              Diagnostics& diagnostics) const {
  const std::string prefix = library.name.text + ".";
  std::set<std::string_view> names;
  bool good = true;
  for (const ClassEntry& entry : generation.classes().classes) {
    if (!entry.name.starts_with(prefix)) {
      diagnostics.error(library.file.place, "plugin '" + library.name.text + "': its class '" + entry.name +
                                                "' must be named '" + prefix + "…'");
      good = false;
    } else if (!names.insert(entry.name).second) {
      diagnostics.error(library.file.place,
                        "plugin '" + library.name.text + "' registers the class '" + entry.name + "' twice");
      good = false;
    }
  }
  return good;
}

bool Libraries::take_messages(const LibraryDefinition& library, const std::shared_ptr<plugin::Generation>& generation,
                              Diagnostics& diagnostics) {
  bool good = true;
  for (const MessageEntry& entry : generation->classes().messages) {
    const auto [known, fresh] = messages_.try_emplace(entry.name, MessageUse{&entry, library.name.text, generation});
    if (fresh) continue;
    diagnostics.error(library.file.place, "plugin '" + library.name.text + "' declares the message '" + entry.name +
                                              "', which plugin '" + known->second.plugin + "' declares, too");
    good = false;
  }
  if (!good) std::erase_if(messages_, [&](const auto& use) { return use.second.generation == generation; });
  return good;
}

MessageUse Libraries::find_message(std::string_view name) const {
  const auto found = messages_.find(name);
  return found != messages_.end() ? found->second : MessageUse{};
}

std::vector<std::string> Libraries::message_names() const {
  std::vector<std::string> names;
  for (const auto& [name, use] : messages_) names.push_back(name);
  return names;
}

ClassUse Libraries::find(std::string_view name) const {
  auto found = classes_.find(name);
  return found != classes_.end() ? found->second : ClassUse{};
}

ClassUse Libraries::require(const descriptor::Text& name, std::string_view what, Diagnostics& diagnostics) const {
  if (ClassUse use = find(name.text)) return use;
  if (name.text.empty()) return {};  // reported by the reader
  if (failed_.count(std::string_view(name.text).substr(0, name.text.find('.'))) != 0) return {};
  std::vector<std::string> known;
  for (const auto& [class_name, use] : classes_) known.push_back(class_name);
  diagnostics.error(name.place,
                    std::string(what) + " '" + name.text + "' is unknown" + descriptor::suggestion(name.text, known));
  return {};
}

std::vector<ClassUse> Libraries::all() const {
  std::vector<ClassUse> uses;
  for (const PluginInfo& plugin : plugins_) {
    for (const ClassEntry& entry : plugin.generation->classes().classes) uses.push_back({&entry, plugin.generation});
  }
  return uses;
}

}  // namespace tenon::wiring
