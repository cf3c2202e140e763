#include "plugin/generations.h"

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

namespace tenon::plugin {

Result<std::shared_ptr<Generation>> Generations::load(const std::filesystem::path& copy, const std::string& name,
                                                      NodeServices& node) {
  const std::lock_guard lock(mutex_);
  std::erase_if(loaded_, [](const Loaded& one) { return one.generation.expired() && !is_mapped(one.file); });
  for (const Loaded& one : loaded_) {
    if (one.file != copy || one.name != name) continue;
    if (auto used = one.generation.lock()) return used;
  }
  // What is still mapped under this name would be given again, with the data it has by now.
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
  auto generation = Generation::load(file, name, numbers_[name] + 1, node, retirement_);
  if (!generation) return generation;
  ++numbers_[name];
  loaded_.push_back({name, (*generation)->number(), file, *generation});
  return generation;
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
