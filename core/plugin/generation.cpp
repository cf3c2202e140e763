#include "plugin/generation.h"

#include <link.h>

#include <atomic>
#include <boost/dll/shared_library.hpp>
#include <chrono>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include <tenon/log.h>

#include "plugin/elf_symbols.h"
#include "plugin/library_names.h"
#include "plugin/retirement.h"

namespace tenon::plugin {
namespace {

using namespace std::chrono_literals;

class GenerationRetiree final : public Retiree {
 public:
  explicit GenerationRetiree(Generation* generation) : generation_(generation) {}

  std::string holder() const override {
    const std::int64_t held = generation_->pins() + generation_->instances();
    if (held == 0) return {};
    return std::to_string(held) + (held == 1 ? " value" : " values") + " or callbacks of its code";
  }
  // Whoever let go of the last pin may be on its way out of the library's code.
  std::chrono::milliseconds settling() const override { return 20ms; }
  void go() noexcept override { generation_.reset(); }
  std::string name() const override { return library_name(generation_->name(), generation_->number()); }

 private:
  std::unique_ptr<Generation> generation_;
};

}  // namespace

struct Generation::Library {
  Library(std::string plugin, NodeServices& services) : name(std::move(plugin)), node(&services) {
    context.node = node;
    context.name = name;
  }

  // The name is kept here because plugin code sees it through the context, also while it is being unloaded.
  std::string name;
  LibraryContext context;
  NodeServices* node = nullptr;
  boost::dll::shared_library handle;
  ClassTable table;
};

void Generation::stay_for_good(std::unique_ptr<Library> library) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::unique_ptr<Library>>();  // never destroyed: their code may still run
  std::lock_guard lock(mutex);
  kept->push_back(std::move(library));
}

Generation::Generation(std::filesystem::path file, std::string name, std::uint32_t number,
                       std::unique_ptr<Library> library)
    : file_(std::move(file)), name_(std::move(name)), number_(number), library_(std::move(library)) {}

Result<std::shared_ptr<Generation>> Generation::load(const std::filesystem::path& copy, std::string name,
                                                     std::uint32_t number, NodeServices& node,
                                                     std::shared_ptr<Retirement> retirement) {
  auto library = std::make_unique<Library>(std::move(name), node);
  note_library(copy, library->name, number);
  namespace dll = boost::dll;
  dll::fs::error_code problem;
  library->handle.load(copy, problem, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  if (problem) {
    // Boost.DLL's error code says only "bad file"; the dynamic linker's own words name the symbol.
    const char* words = ::dlerror();
    return make_error(kNotLinked, "the dynamic linker refuses the library",
                      words != nullptr ? words : copy.string() + ": " + problem.message());
  }
  if (!library->handle.has(kRegisterSymbol)) {
    return make_error("PLUGIN.1007", "no entry symbol",
                      copy.string() + ": " + kRegisterSymbol + " is not exported (is TENON_PLUGIN used?)");
  }
  auto& entry = library->handle.get<RegisterFunction>(kRegisterSymbol);
  return registered(entry, std::move(library), copy, number, std::move(retirement));
}

Result<std::shared_ptr<Generation>> Generation::enter(RegisterFunction& entry, std::string name, std::uint32_t number,
                                                      NodeServices& node, std::shared_ptr<Retirement> retirement) {
  return registered(entry, std::make_unique<Library>(std::move(name), node), {}, number, std::move(retirement));
}

Result<std::shared_ptr<Generation>> Generation::registered(RegisterFunction& entry, std::unique_ptr<Library> library,
                                                           const std::filesystem::path& file, std::uint32_t number,
                                                           std::shared_ptr<Retirement> retirement) {
  Registration registration{library->node, &library->context, &library->table};
  std::string name = library->name;
  std::shared_ptr<Generation> generation(new Generation(file, std::move(name), number, std::move(library)),
                                         [retirement = std::move(retirement)](Generation* unused) {
                                           auto retiree = std::make_unique<GenerationRetiree>(unused);
                                           if (retirement != nullptr) retirement->add(std::move(retiree));
                                         });
  try {
    entry(&registration);
  } catch (const std::exception& e) {
    return make_error("PLUGIN.1008", "the registration of the library threw", e.what());
  } catch (...) {
    return make_error("PLUGIN.1008", "the registration of the library threw", "not a std::exception");
  }
  return generation;
}

Generation::~Generation() {
  library_->table.classes.clear();  // holds functions of the library
  const std::int64_t held = pins() + instances();
  if (held > 0) {
    log::error("library stays mapped: something of it is still held",
               {{"library", name_}, {"generation", number_}, {"pins", held}});
    stay_for_good(std::move(library_));  // its context must outlive the pins
    return;
  }
  library_->handle.unload();
  if (is_mapped(file_)) {
    log::error(
        "library stays mapped after dlclose",
        {{"library", name_}, {"generation", number_}, {"pinned_by", pinned_by(file_)}, {"file", file_.string()}});
  }
}

const ClassTable& Generation::classes() const noexcept { return library_->table; }

const ClassEntry* Generation::find_class(std::string_view class_name) const noexcept {
  for (const ClassEntry& entry : library_->table.classes) {
    if (entry.name == class_name) return &entry;
  }
  return nullptr;
}

LibraryContext& Generation::context() const noexcept { return library_->context; }

std::int64_t Generation::pins() const noexcept { return library_->context.pins.load(std::memory_order_acquire); }

std::int64_t Generation::instances() const noexcept {
  return library_->context.instances.load(std::memory_order_acquire);
}

std::string library_name(std::string_view plugin, std::uint32_t generation) {
  return "library of plugin '" + std::string(plugin) + "', generation " + std::to_string(generation);
}

std::string pinned_by(const std::filesystem::path& file) {
  const Result<LibrarySymbols> symbols = read_symbols(file);
  if (symbols && !symbols->unique.empty()) return "symbol '" + symbols->unique.front() + "'";
  return "a thread_local with a destructor, or a library that it has loaded";
}

bool is_mapped(const std::filesystem::path& file) {
  if (file.empty()) return false;  // the name of the program itself
  auto matches = [](dl_phdr_info* info, std::size_t, void* data) -> int {
    return *static_cast<const std::string*>(data) == info->dlpi_name ? 1 : 0;
  };
  return ::dl_iterate_phdr(matches, const_cast<std::string*>(&file.native())) != 0;
}

}  // namespace tenon::plugin
