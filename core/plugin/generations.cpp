#include "plugin/generations.h"

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

namespace tenon::plugin {

Result<std::shared_ptr<Generation>> Generations::load(const std::filesystem::path& copy, const std::string& name,
                                                      NodeServices& node) {
  const std::lock_guard loading(loading_);
  if (auto used = find(copy, name)) return used;
  if (const std::string why = source_.refuse ? source_.refuse(name) : std::string(); !why.empty()) {
    return make_error(kNotLinked, "the dynamic linker refuses the library", why);
  }
  const Result<std::filesystem::path> file = unmapped(copy);
  if (!file) return file.error();
  const std::uint32_t number = numbers_[name] + 1;
  const auto linked = source_.linked.find(name);
  auto generation = linked != source_.linked.end() ? Generation::enter(*linked->second, name, number, node, retirement_)
                                                   : Generation::load(*file, name, number, node, retirement_);
  if (!generation) return generation;
  numbers_[name] = number;
  const std::lock_guard lock(mutex_);
  loaded_.push_back({name, number, *file, *generation});
  return generation;
}

std::shared_ptr<Generation> Generations::find(const std::filesystem::path& copy, const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::erase_if(loaded_, [](const Loaded& one) { return one.generation.expired() && !is_mapped(one.file); });
  for (const Loaded& one : loaded_) {
    if (one.file != copy || one.name != name) continue;
    if (auto used = one.generation.lock()) return used;
  }
  return nullptr;
}

/// What is still mapped under this name would be given again, with the data it has by now: then another name.
Result<std::filesystem::path> Generations::unmapped(const std::filesystem::path& copy) {
  std::filesystem::path file = copy;
  for (int i = 2; is_mapped(file); ++i) {
    file = copy.string() + "." + std::to_string(i);
    std::error_code problem;
    if (is_mapped(file)) continue;
    std::filesystem::copy_file(copy, file, std::filesystem::copy_options::overwrite_existing, problem);
    if (problem) {
      return make_error("PLUGIN.1005", "cannot keep a copy of the library", file.string() + ": " + problem.message());
    }
  }
  return file;
}

std::vector<std::shared_ptr<Generation>> Generations::live() const {
  std::vector<std::shared_ptr<Generation>> all;
  const std::lock_guard lock(mutex_);
  for (const Loaded& one : loaded_) {
    if (auto used = one.generation.lock()) all.push_back(std::move(used));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tuple(a->name(), a->number()) < std::tuple(b->name(), b->number());
  });
  return all;
}

std::vector<Generations::Pinned> Generations::pinned() const {
  std::vector<Pinned> all;
  const std::lock_guard lock(mutex_);
  for (const Loaded& one : loaded_) {
    if (one.generation.expired() && is_mapped(one.file)) all.push_back({one.name, one.number, one.file});
  }
  const std::vector<Retirement::Waiting> waiting =
      retirement_ != nullptr ? retirement_->waiting() : std::vector<Retirement::Waiting>();
  for (Pinned& one : all) {
    const auto found = std::find_if(waiting.begin(), waiting.end(), [&](const Retirement::Waiting& retired) {
      return retired.name == library_name(one.name, one.number);
    });
    one.waits = found != waiting.end();
    one.held_by = one.waits ? found->holder : pinned_by(one.file);
  }
  return all;
}

}  // namespace tenon::plugin
